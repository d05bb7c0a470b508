"""Decide who hears how an incident goes on, of those that a message about it has reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tocsin.domain.incident import Incident
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.domain.person import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How channels behave, by name.

    `keeps_state` are those that change a message in place (a chat, an incident tool), so that an update
    disturbs nobody. `interrupts` are phones: nobody is called to hear that nothing need be done.
    """

    keeps_state: frozenset[str] = frozenset()
    interrupts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One address that hears of it. `in_place` says that it changes what stands there already."""

    contact: Contact
    person: str | None
    reason: str
    in_place: bool


def follow_ups(
    incident: Incident,
    deliveries: Sequence[Delivery],
    manners: Manners,
    told: Collection[Contact],
    *,
    ends_calls: bool,
    answered: Collection[str] = (),
) -> tuple[FollowUp, ...]:
    """Return each address once. `told` are those that hear of it by a notice anyhow.

    Where something can be changed in place it always is. Where the event `ends_calls`, people who were paged
    and did not acknowledge hear once, by the first way that reached them and is no phone, that somebody has
    it or that it is over; `answered` are those who did. A person's message without a reference, such as one
    by an incoming webhook, cannot be changed, and a new one would ring.
    """
    reached = [each for each in deliveries if each.state is DeliveryState.DELIVERED]
    found: dict[Contact, FollowUp] = {}
    for each in reached:
        contact = _contact(each)
        can_change = bool(each.reference) or each.person is None
        if each.channel in manners.keeps_state and can_change and contact not in told:
            reason = "The message that stands here is brought up to date."
            found.setdefault(
                contact, FollowUp(contact=contact, person=each.person, reason=reason, in_place=True)
            )
    if ends_calls:
        known = {one.person for one in found.values()} | {incident.acknowledged_by, None, *answered}
        for each in reached:
            contact = _contact(each)
            is_quiet = each.channel not in manners.interrupts
            if each.page_id and is_quiet and each.person not in known and contact not in told:
                known.add(each.person)
                reason = f"{each.person} was called for it."
                found[contact] = FollowUp(contact=contact, person=each.person, reason=reason, in_place=False)
    return tuple(found.values())


def _contact(delivery: Delivery) -> Contact:
    return Contact(channel=delivery.channel, address=delivery.address)
