"""Makes the Slack channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.named import named_secrets
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.channel import SlackChannel
from tocsin.connectors.slack.web_api import WebApi
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel; the store is not needed here. Raises `Misconfigured` for webhooks that are none."""
    return SlackChannel(
        WebApi(Secret(values["TOCSIN_SLACK_TOKEN"]), values["TOCSIN_SLACK_URL"]),
        named_secrets(values["TOCSIN_SLACK_WEBHOOKS"], "TOCSIN_SLACK_WEBHOOKS"),
        is_interactive=bool(values["TOCSIN_SLACK_SIGNING_SECRETS"]),
        clock=clock,
    )
