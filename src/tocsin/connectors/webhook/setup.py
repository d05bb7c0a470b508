"""Makes the webhook channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.webhook.channel import WebhookChannel, secrets_of
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel. Raises `Misconfigured` for a wrong setting."""
    return WebhookChannel(secrets_of(values["TOCSIN_WEBHOOK_SECRETS"]), clock, store=store)
