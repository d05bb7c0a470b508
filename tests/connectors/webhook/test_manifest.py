"""The webhook manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.webhook.manifest import MANIFEST


def test_messages_are_never_unsigned() -> None:
    wanted = {setting.name: (setting.required, setting.secret) for setting in MANIFEST.settings}
    assert wanted == {"TOCSIN_WEBHOOK_SECRETS": (True, True), "TOCSIN_WEBHOOK_IN_SECRETS": (False, True)}
