"""The smtp manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.smtp.manifest import MANIFEST


def test_the_url_is_secret_because_it_holds_a_password() -> None:
    wanted = {setting.name: (setting.required, setting.secret) for setting in MANIFEST.settings}
    assert wanted == {"TOCSIN_SMTP_URL": (True, True), "TOCSIN_SMTP_FROM": (True, False)}
