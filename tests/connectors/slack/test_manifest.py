"""The slack manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.slack.manifest import MANIFEST


def test_the_token_is_required_and_secret_and_its_one_right_is_explained() -> None:
    token = MANIFEST.settings[0]
    assert (token.name, token.required, token.secret) == ("TOCSIN_SLACK_TOKEN", True, True)
    assert [right.name for right in MANIFEST.permissions] == ["chat:write"]
    assert MANIFEST.permissions[0].why
