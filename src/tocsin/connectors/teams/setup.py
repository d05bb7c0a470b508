"""Makes the Teams channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.named import named_secrets
from tocsin.connectors.teams.channel import TeamsChannel
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store

HOOKS = "TOCSIN_TEAMS_WEBHOOKS"


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel; clock and store are not needed here. Raises `Misconfigured` for unclear names."""
    return TeamsChannel(named_secrets(values[HOOKS], HOOKS))
