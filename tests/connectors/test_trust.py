"""Partners' certificates are checked, and the system's list is read once."""

from __future__ import annotations

import ssl

from tocsin.connectors.trust import system_trust


def test_certificates_and_names_are_checked() -> None:
    trust = system_trust()
    assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert system_trust() is trust
