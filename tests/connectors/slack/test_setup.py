"""The Slack channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.slack.setup import build
from tocsin.domain.clock import SystemClock

CLOCK = SystemClock()
NO_STORE: Any = None
VALUES = {
    "TOCSIN_SLACK_TOKEN": "xoxb-secret",
    "TOCSIN_SLACK_URL": "https://slack.example/api/",
    "TOCSIN_SLACK_WEBHOOKS": "",
    "TOCSIN_SLACK_SIGNING_SECRETS": "",
}


def test_the_token_and_address_come_from_the_settings() -> None:
    made: Any = build(VALUES, CLOCK, NO_STORE)
    assert (made.name, made.api.token.reveal(), made.api.base_url) == (
        "slack",
        "xoxb-secret",
        "https://slack.example/api/",
    )


@pytest.mark.parametrize(("secrets", "are_there"), [("", False), ("a", True)])
def test_there_are_buttons_only_if_their_press_can_be_checked(secrets: str, are_there: bool) -> None:
    made: Any = build(VALUES | {"TOCSIN_SLACK_SIGNING_SECRETS": secrets}, CLOCK, NO_STORE)
    assert made.is_interactive is are_there


def test_webhooks_are_known_by_name() -> None:
    made: Any = build(VALUES | {"TOCSIN_SLACK_WEBHOOKS": "ops=https://hooks.example/1"}, CLOCK, NO_STORE)
    assert made.hooks["ops"].reveal() == "https://hooks.example/1"
