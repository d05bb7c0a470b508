"""Tests of who hears how an incident goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from nouns import a_delivery
from tocsin.domain.incident import Incident
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.domain.person import Contact
from tocsin.oncall.follow_ups import FollowUp, Manners, follow_ups

MANNERS = Manners(keeps_state=frozenset({"slack"}), interrupts=frozenset({"voice"}))
ROOM = Contact(channel="slack", address="#incidents")


def page(person: str, channel: str, **given: Any) -> Delivery:
    return a_delivery(
        f"page-{person}-{channel}",
        **{
            "page_id": UUID(int=1),
            "person": person,
            "channel": channel,
            "address": f"{channel}:{person}",
            "state": DeliveryState.DELIVERED,
            **given,
        },
    )


def told(
    incident: Incident, *deliveries: Delivery, ends: bool = True, known: tuple[Contact, ...] = ()
) -> list[tuple[str, str | None, bool]]:
    found = follow_ups(incident, deliveries, MANNERS, known, ends_calls=ends)
    return [(one.contact.channel, one.person, one.in_place) for one in found]


def test_what_can_be_changed_in_place_is_changed_once_for_rooms_and_persons(incident: Incident) -> None:
    room = a_delivery("notice-1", state=DeliveryState.DELIVERED)
    again = replace(room, key="notice-2")
    assert told(incident, room, again, page("ben", "slack", reference="D1:1.2"), ends=False) == [
        ("slack", None, True),
        ("slack", "ben", True),
    ]


def test_a_persons_message_that_cannot_be_changed_is_followed_only_by_the_end(incident: Incident) -> None:
    hooked = page("ben", "slack")
    assert told(incident, hooked, ends=False) == []
    assert told(incident, hooked, ends=True) == [("slack", "ben", False)]


def test_where_several_must_acknowledge_none_of_them_is_told_that_it_is_taken(incident: Incident) -> None:
    taken = replace(incident, acknowledged_by="ben")
    deliveries = [page("ada", "smtp"), page("dana", "smtp")]
    found = follow_ups(taken, deliveries, MANNERS, (), ends_calls=True, answered=("ben", "ada"))
    assert [one.person for one in found] == ["dana"]


def test_a_room_that_hears_of_it_by_a_notice_hears_it_once(incident: Incident) -> None:
    room = a_delivery("notice-1", state=DeliveryState.DELIVERED)
    assert told(incident, room, known=(ROOM,)) == []


def test_what_has_not_arrived_is_not_brought_up_to_date(incident: Incident) -> None:
    waiting = a_delivery("notice-1", state=DeliveryState.WAITING)
    assert told(incident, waiting, page("ada", "smtp", state=DeliveryState.DEAD)) == []


def test_others_who_were_paged_hear_once_that_somebody_has_it_and_never_by_phone(incident: Incident) -> None:
    taken = replace(incident, acknowledged_by="ben")
    deliveries = (
        page("ben", "smtp"),
        page("ada", "voice"),
        page("ada", "smtp"),
        page("ada", "ntfy"),
        page("chidi", "voice"),
    )
    assert told(taken, *deliveries) == [("smtp", "ada", False)]


def test_whose_message_is_changed_in_place_hears_it_that_way_alone(incident: Incident) -> None:
    assert told(incident, page("ada", "smtp"), page("ada", "slack", reference="D1:1.2")) == [
        ("slack", "ada", True)
    ]


def test_a_step_further_disturbs_nobody_who_was_called(incident: Incident) -> None:
    assert told(incident, page("ada", "smtp"), ends=False) == []


def test_an_address_that_a_notice_reaches_needs_no_second_word(incident: Incident) -> None:
    known = Contact(channel="smtp", address="smtp:ada")
    assert told(incident, page("ada", "smtp"), known=(known,)) == []


def test_a_follow_up_says_why(incident: Incident) -> None:
    (found,) = follow_ups(incident, [page("ada", "smtp")], MANNERS, (), ends_calls=True)
    assert found == FollowUp(
        contact=Contact(channel="smtp", address="smtp:ada"),
        person="ada",
        reason="ada was called for it.",
        in_place=False,
    )
