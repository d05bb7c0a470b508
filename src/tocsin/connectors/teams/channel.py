"""Posts messages to Microsoft Teams as cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.connectors.secret import Secret
from tocsin.connectors.teams.card import card_of
from tocsin.connectors.teams.workflow import Workflow
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """Teams as a channel; the address is the name of a workflow's webhook, or its URL.

    A card cannot be changed and has no idempotency key: a lost answer leaves at most one duplicate.
    """

    hooks: Mapping[str, Secret]
    workflow: Workflow = field(default_factory=Workflow)

    @property
    def name(self) -> str:
        return "teams"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Post one card. Raises `DeliveryFailed`."""
        hook = Secret(address) if address.startswith("https://") else self.hooks.get(address)
        if hook is None:
            reason = "the address names no workflow of Teams that is set up"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        return self.workflow.post(card_of(message), hook)
