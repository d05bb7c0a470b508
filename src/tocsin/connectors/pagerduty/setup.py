"""Makes the PagerDuty channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.named import named_secrets
from tocsin.connectors.pagerduty.channel import PagerDutyChannel
from tocsin.connectors.pagerduty.events_api import EventsApi
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store

KEYS = "TOCSIN_PAGERDUTY_ROUTING_KEYS"


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel; clock and store are not needed here. Raises `Misconfigured` for unclear keys."""
    return PagerDutyChannel(named_secrets(values[KEYS], KEYS), EventsApi(values["TOCSIN_PAGERDUTY_URL"]))
