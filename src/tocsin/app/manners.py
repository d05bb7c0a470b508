"""Says of each channel whether it can change a message in place, and whether it rings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.domain.ports.delivery import Channel
from tocsin.oncall.follow_ups import Manners

KEEPS_STATE = frozenset({"slack", "pagerduty", "jira", "jira_service_management", "statuspage"})
INTERRUPTS = frozenset({"voice"})


def manners_of(channels: Mapping[str, Channel]) -> Manners:
    """Return how the channels behave; one that says `keeps_state` or `interrupts` of itself is believed."""
    return Manners(
        keeps_state=_those(channels, "keeps_state", KEEPS_STATE),
        interrupts=_those(channels, "interrupts", INTERRUPTS),
    )


def _those(channels: Mapping[str, Channel], trait: str, usual: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name, channel in channels.items() if getattr(channel, trait, name in usual))
