"""The Slack channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.slack.setup import build
from tocsin.domain.clock import SystemClock

CLOCK = SystemClock()
NO_STORE: Any = None


def test_the_token_and_address_come_from_the_settings() -> None:
    values = {"TOCSIN_SLACK_TOKEN": "xoxb-secret", "TOCSIN_SLACK_URL": "https://slack.example/api/"}
    made: Any = build(values, CLOCK, NO_STORE)
    assert (made.name, made.token.reveal(), made.base_url) == (
        "slack",
        "xoxb-secret",
        "https://slack.example/api/",
    )
