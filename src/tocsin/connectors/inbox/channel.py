"""Keeps messages locally, so that a drill needs no account anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.connectors.plain import one_line, paragraphs
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Overloaded
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.domain.ports.shelves import Store

LONGEST_SUBJECT = 300
LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class InboxChannel:
    """The Inbox as a channel; the address is a username. A key that came before changes nothing."""

    store: Store
    clock: Clock

    @property
    def name(self) -> str:
        return "inbox"

    @property
    def is_real(self) -> bool:
        return False

    def send(self, message: Message, address: str) -> Receipt:
        """Keep the message in its own transaction. Raises `DeliveryFailed` when the store is overloaded."""
        try:
            with self.store.transaction() as shelves:
                is_new = shelves.inbox.keep(
                    message.key,
                    address,
                    one_line(message.subject, limit=LONGEST_SUBJECT),
                    paragraphs(message.text, limit=LONGEST_TEXT),
                    message.link,
                    self.clock.now(),
                )
        except Overloaded as overloaded:
            raise DeliveryFailed(FailureKind.RETRY_LATER, overloaded.happened) from overloaded
        return Receipt("kept in the Inbox" if is_new else "already in the Inbox")
