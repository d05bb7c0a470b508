"""How messages leave: a channel a service, with failures sorted into four kinds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tocsin.domain.notification import Integration, Notification
from tocsin.domain.page import Message


class FailureKind(StrEnum):
    """What a partner's failure means for the next try; the connector decides, nobody else."""

    RETRY_LATER = "retry later"
    REFUSED = "refused"
    MISCONFIGURED = "misconfigured"
    UNKNOWN = "unknown"


class DeliveryFailed(Exception):
    """A message did not get through.

    `retry_after_s` is the partner's own wish, None if it had none; `status` its HTTP (or SMTP) status, None
    where no answer came.
    """

    def __init__(
        self,
        kind: FailureKind,
        reason: str,
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.status = status


@dataclass(frozen=True, slots=True)
class Receipt:
    """The partner accepted the message (which does not mean that a person read it).

    `reference` is what the partner calls the message, empty where it has no name; see `Message.thread`.
    """

    answer: str
    reference: str = ""


class Channel(Protocol):
    """One way to send messages. `is_real` is False for channels that reach nobody outside (the Inbox)."""

    @property
    def name(self) -> str: ...
    @property
    def is_real(self) -> bool: ...

    def send(self, message: Message, address: str) -> Receipt:
        """Send once, with a time limit. Raises `DeliveryFailed`. The same `message.key` may come again."""
        ...


class Notifier(Protocol):
    """Tells one kind of integration. A connector's `build_notifier(clock)` returns one."""

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Tell once, with a time limit. Raises `DeliveryFailed`. The same key may come again."""
        ...
