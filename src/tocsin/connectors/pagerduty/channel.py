"""Triggers, acknowledges and resolves PagerDuty alerts as an incident goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.connectors.pagerduty.event import event_of
from tocsin.connectors.pagerduty.events_api import EventsApi, is_routing_key
from tocsin.connectors.secret import Secret
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt


@dataclass(frozen=True, slots=True)
class PagerDutyChannel:
    """PagerDuty as a channel; the address is the name of a routing key, or the key itself.

    The same message twice is one alert, because its `dedup_key` is the incident's.
    """

    keys: Mapping[str, Secret]
    api: EventsApi = field(default_factory=EventsApi)

    @property
    def name(self) -> str:
        return "pagerduty"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Send one event. Raises `DeliveryFailed`."""
        key = self.keys.get(address) or (Secret(address) if is_routing_key(address) else None)
        if key is None:
            reason = "the address names no routing key that is set up, and is none"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        return self.api.enqueue(event_of(message), key)
