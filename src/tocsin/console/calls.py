"""Who was called for an incident, by which channel, and how far each message got."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.domain.page import Delivery, DeliveryState, Page

_STATES: dict[DeliveryState, str] = {
    DeliveryState.WAITING: "on its way",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.DEAD: "dead: not delivered",
    DeliveryState.NOT_NEEDED: "not sent: no longer needed",
}
MOST_CALLS = 50
"""How many pages, and how many notices, one page shows; calls repeat for as long as nobody answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message of a call: its channel, whether that reaches anybody, its state and since when."""

    channel: str
    is_real: bool
    state: str
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One page or notice: the person, why they were called, and its messages (never none)."""

    person: str
    role: str
    reason: str
    messages: tuple[Sent, ...]


def calls_of(
    pages: Sequence[Page], deliveries: Sequence[Delivery], real_channels: Collection[str]
) -> tuple[Call, ...]:
    """Return the last pages, the newest first, each with its messages, and the last notices after them."""
    by_page: dict[UUID | None, list[Delivery]] = {}
    for delivery in deliveries:
        by_page.setdefault(delivery.page_id, []).append(delivery)
    paged = [
        _paged(page, by_page.get(page.page_id, []), real_channels) for page in reversed(pages[-MOST_CALLS:])
    ]
    told = [_told(notice, real_channels) for notice in reversed(by_page.get(None, [])[-MOST_CALLS:])]
    return (*paged, *told)


def _paged(page: Page, deliveries: Sequence[Delivery], real_channels: Collection[str]) -> Call:
    messages = [_sent(delivery, real_channels) for delivery in deliveries]
    if page.acknowledged_at is not None:
        messages.append(
            Sent(channel="answer", is_real=True, state="acknowledged", at=page.acknowledged_at, answer="")
        )
    if not messages:
        messages.append(
            Sent(
                channel="none",
                is_real=True,
                state="not sent",
                at=page.requested_at,
                answer="The person has no address.",
            )
        )
    return Call(person=page.person, role=page.role, reason=page.reason, messages=tuple(messages))


def _told(notice: Delivery, real_channels: Collection[str]) -> Call:
    return Call(
        person=notice.person or notice.shown_address,
        role="notice",
        reason=notice.subject,
        messages=(_sent(notice, real_channels),),
    )


def _sent(delivery: Delivery, real_channels: Collection[str]) -> Sent:
    tries = f" after {delivery.attempts} tries" if delivery.attempts > 1 else ""
    return Sent(
        channel=delivery.channel,
        is_real=delivery.channel in real_channels,
        state=_STATES[delivery.state] + tries,
        at=delivery.finished_at or delivery.requested_at,
        answer=delivery.answer,
    )
