"""The slack manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.slack.manifest import MANIFEST


def test_a_token_or_webhooks_are_needed_and_all_secrets_are_secret() -> None:
    assert [setting.name for setting in MANIFEST.settings if setting.either] == [
        "TOCSIN_SLACK_TOKEN",
        "TOCSIN_SLACK_WEBHOOKS",
    ]
    assert [setting.name for setting in MANIFEST.settings if not setting.secret] == ["TOCSIN_SLACK_URL"]


def test_every_right_is_explained() -> None:
    assert MANIFEST.permissions[0].name == "chat:write"
    assert all(right.why for right in MANIFEST.permissions)
