"""The doors are made from settings, and a mistake is said before anything starts."""

from __future__ import annotations

import pytest

from tocsin.app.settings import SETTINGS
from tocsin.connectors.syslog.setup import build
from tocsin.domain.errors import Misconfigured

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def test_without_a_port_there_are_no_doors() -> None:
    assert build(DEFAULTS) is None


def test_only_this_machine_may_send_unless_networks_are_named() -> None:
    doors = build({**DEFAULTS, "TOCSIN_SYSLOG_PORT": "1514"})
    assert doors is not None
    assert (doors.port, doors.tls_port, doors.host) == (1514, None, "127.0.0.1")
    admitted = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "fe80::1%eth0", "", "rubbish"]
    assert [doors.admits(peer) for peer in admitted] == [True, True, True, False, False, False, False]


@pytest.mark.parametrize(
    "values",
    [
        {"TOCSIN_SYSLOG_PORT": "70000"},
        {"TOCSIN_SYSLOG_PORT": "many"},
        {"TOCSIN_SYSLOG_PORT": "1514", "TOCSIN_SYSLOG_ALLOW": "10.0.0.0/99"},
        {"TOCSIN_SYSLOG_TLS_PORT": "6514"},
        {"TOCSIN_SYSLOG_TLS_PORT": "6514", "TOCSIN_SYSLOG_CERT": "/nowhere.pem"},
    ],
)
def test_a_mistake_is_explained(values) -> None:
    with pytest.raises(Misconfigured):
        build({**DEFAULTS, **values})
