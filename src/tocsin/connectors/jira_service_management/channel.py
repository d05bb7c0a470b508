"""Makes, acknowledges and closes alerts of Jira Service Management as an incident goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.connectors.jira_service_management.alert import alert_of, responder_of
from tocsin.connectors.jira_service_management.alerts_api import ACKNOWLEDGE, CLOSE, Alerts
from tocsin.connectors.phase import Phase, phase_of
from tocsin.connectors.plain import title_of
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

_ACTIONS = {Phase.ACKNOWLEDGED: ACKNOWLEDGE, Phase.RESOLVED: CLOSE}
LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class ServiceManagementChannel:
    """Jira Service Management as a channel.

    The address is the name of a door among `doors` (an integration's key, or `default`), with a responder
    behind a slash if there is one: `ops/team:Platform`. The same alias twice is one alert.
    """

    doors: Mapping[str, Alerts]

    @property
    def name(self) -> str:
        return "jira_service_management"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Make an alert or act on it. Raises `DeliveryFailed`."""
        door, responders = self._way(address)
        alert = alert_of(message) | ({"responders": responders} if responders else {})
        action = _ACTIONS.get(phase_of(message))
        if action is None:
            return door.create(alert)
        return door.act(action, alert["alias"], title_of(message, limit=LONGEST_NOTE))

    def _way(self, address: str) -> tuple[Alerts, list[dict[str, str]]]:
        name, _, responder = address.partition("/")
        door = self.doors.get(name)
        if door is None:
            reason = "the address names no key of Jira Service Management that is set up"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        try:
            return door, [responder_of(responder)] if responder else []
        except ValueError as error:
            reason = f"the responder in the address cannot be read: {error}"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason) from None
