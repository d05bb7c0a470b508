"""Tells `msteams_configs` and `msteamsv2_configs` of an imported `alertmanager.yml`, both with cards."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rendered import subject_of, text_in
from tocsin.connectors.teams.card import Card
from tocsin.connectors.teams.workflow import Workflow
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import Receipt


@dataclass(frozen=True, slots=True)
class TeamsNotifier:
    """Posts a card a notification; where an answer is lost, at most one duplicate follows."""

    outbound: Outbound | None = None

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Post once. Raises `DeliveryFailed`."""
        settings = integration.settings
        http_config = settings.get("http_config") or {}
        headers_of(http_config)
        card = Card(
            title=text_in(settings, "title", text_in(settings, "summary", subject_of(notification))),
            text=text_in(settings, "text"),
            colour="attention" if notification.is_firing else "good",
            is_markdown=True,
        )
        url = secret_in(settings, "webhook_url")
        return Workflow(self.outbound or outbound_of(http_config)).post(card, url)


def build_notifier(clock: Clock) -> TeamsNotifier:
    """Return the notifier of both kinds; the time is in what it is given."""
    return TeamsNotifier()
