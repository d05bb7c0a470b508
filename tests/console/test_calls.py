"""Who was called, and how far each message got."""

from __future__ import annotations

from uuid import UUID

import pytest

from nouns import NOON, a_delivery, a_page, later
from tocsin.console.calls import MOST_CALLS, calls_of
from tocsin.domain.page import DeliveryState

FIRST = a_page(page_id=UUID(int=1))
SECOND = a_page(page_id=UUID(int=2), person="ada", role="secondary", requested_at=later(300))


def test_each_page_has_its_messages_the_newest_page_first_and_notices_last():
    deliveries = (
        a_delivery("n-1", address="#incidents"),
        a_delivery("p-1", page_id=UUID(int=1), channel="inbox", state=DeliveryState.DELIVERED),
        a_delivery("p-2", page_id=UUID(int=2), state=DeliveryState.DEAD, attempts=8, answer="refused"),
    )
    calls = calls_of((FIRST, SECOND), deliveries, {"slack"})
    assert [(call.person, call.role) for call in calls] == [
        ("ada", "secondary"),
        ("ben", "primary"),
        ("#incidents", "notice"),
    ]
    dead, kept = calls[0].messages[0], calls[1].messages[0]
    assert (dead.state, dead.answer, dead.is_real) == ("dead: not delivered after 8 tries", "refused", True)
    assert (kept.state, kept.is_real) == ("delivered", False)


def test_a_notice_to_a_secret_address_is_named_by_its_host_alone():
    (call,) = calls_of((), (a_delivery("n-1", address="https://hooks.example/T0/hunter2"),), {"slack"})
    assert call.person == "https://hooks.example/…"


def test_a_message_under_way_says_so_and_since_when():
    (call,) = calls_of((FIRST,), (a_delivery(page_id=UUID(int=1)),), {"slack"})
    assert (call.messages[0].state, call.messages[0].at) == ("on its way", NOON)


def test_an_answer_stands_beside_the_messages():
    page = a_page(page_id=UUID(int=1), acknowledged_at=later(60))
    (call,) = calls_of((page,), (a_delivery(page_id=UUID(int=1)),), {"slack"})
    assert [message.state for message in call.messages] == ["on its way", "acknowledged"]


def test_a_page_that_was_sent_nowhere_says_so():
    (call,) = calls_of((FIRST,), (), {"slack"})
    assert [(message.state, message.answer) for message in call.messages] == [
        ("not sent", "The person has no address.")
    ]


@pytest.mark.parametrize("state", tuple(DeliveryState))
def test_every_state_of_a_message_has_words(state):
    (call,) = calls_of((FIRST,), (a_delivery(page_id=UUID(int=1), state=state),), {"slack"})
    assert call.messages[0].state


def test_calls_that_repeat_for_days_are_shown_up_to_a_bound_the_newest_first():
    pages = tuple(a_page(page_id=UUID(int=n), step=n) for n in range(1, 1000))
    told = tuple(a_delivery(f"n-{n}") for n in range(1000))
    calls = calls_of((*pages, SECOND), told, {"slack"})
    assert (len(calls), calls[0].person) == (2 * MOST_CALLS, "ada")
