"""A key or a reply acknowledges for the person who was paged, once, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from tocsin.domain.page import DeliveryState
from tocsin.domain.person import Contact
from tocsin.domain.timeline import Happening
from tocsin.flow.answering import Answering
from tocsin.flow.answers import keep_answers
from tocsin.oncall.answers import Answers

WRITTEN = "+49 170 1234567"
NUMBER = "+491701234567"


@pytest.fixture
def answering(story) -> Answering:
    """Return the chapter; Ben can be reached by text messages."""
    people = story.call.roster.people
    ben = people["ben"]
    sms = Contact(channel="sms", address=WRITTEN)
    roster = replace(story.call.roster, people={**people, "ben": replace(ben, contacts=(*ben.contacts, sms))})
    return Answering(story.store, story.clock, replace(story.call, roster=roster))


@pytest.fixture
def paged(story, report):
    """Return the page of an incident; a text message of it went to Ben."""
    story.hear(report())
    page = story.pages()[0]
    with story.store.transaction() as shelves:
        delivery = shelves.pages.deliveries_of(page.incident_id)
        first = next(each for each in delivery if each.page_id == page.page_id)
        sent = replace(
            first, key="sms-1", channel="sms", address=WRITTEN, state=DeliveryState.DELIVERED, attempts=1
        )
        shelves.pages.add_delivery(sent)
    return page


def test_a_key_acknowledges_for_whom_the_page_called(story, answering, paged) -> None:
    told = answering.by_key(paged.page_id, "acknowledge", "CA1")
    assert told == "INC-1 is yours, ben. Thank you."
    assert story.incident().acknowledged_by == "ben"
    assert answering.by_key(paged.page_id, "acknowledge", "CA1") == "INC-1: that was done already."


def test_where_several_must_acknowledge_the_answer_counts(story, answering, paged) -> None:
    incident = story.incident()
    story.call.acknowledge(incident.incident_id, "ada")
    with story.store.transaction() as shelves:
        keep_answers(shelves, incident, Answers(by=("ada",), needs=3), story.clock.now())
    told = answering.by_key(paged.page_id, "acknowledge", "CA1")
    assert told == "INC-1: 2 of 3 needed have acknowledged: ada, ben. The others are still called."


def test_another_key_calls_the_next_person_once(story, answering, paged) -> None:
    story.push(1)
    assert "next person is called" in answering.by_key(paged.page_id, "escalate", "CA1")
    story.transitions()
    pages = len(story.pages())
    assert "already" in answering.by_key(paged.page_id, "escalate", "CA1")
    assert len(story.pages()) == pages


def test_a_page_that_is_unknown_changes_nothing(answering, paged) -> None:
    assert "no page of yours" in answering.by_key(uuid4(), "acknowledge", "CA1")


@pytest.mark.parametrize("number", [0, 1])
def test_a_reply_acknowledges_from_the_number_that_was_paged(story, answering, paged, number) -> None:
    assert answering.by_text(NUMBER, "acknowledge", number, "SM1") == "INC-1 is yours, ben. Thank you."
    assert story.incident().acknowledged_by == "ben"


@pytest.mark.parametrize(("sender", "number"), [("+15005550006", 0), (NUMBER, 2), ("", 0)])
def test_nobody_answers_for_another(story, answering, paged, sender, number) -> None:
    assert "no page of yours" in answering.by_text(sender, "acknowledge", number, "SM1")
    assert story.incident().acknowledged_at is None


def test_who_comes_second_is_told_who_has_it(story, answering, paged) -> None:
    story.call.acknowledge(paged.incident_id, "ada")
    assert answering.by_text(NUMBER, "acknowledge", 1, "SM1") == "INC-1 was acknowledged by ada before."


def test_a_refusal_is_said_in_words(story, answering, paged) -> None:
    story.call.acknowledge(paged.incident_id, "ada")
    assert "no further step" in answering.by_key(paged.page_id, "escalate", "CA2")


def test_what_became_of_a_message_is_kept_with_its_attempts(story, answering, paged) -> None:
    answering.became("sms-1", "Twilio says delivered", is_failed=False)
    with story.store.reading() as shelves:
        (attempt,) = shelves.pages.attempts(["sms-1"])
        assert (attempt.outcome, attempt.answer) == ("delivered", "Twilio says delivered")
        assert shelves.pages.delivery("sms-1").state is DeliveryState.DELIVERED
    answering.became("unknown", "x", is_failed=True)


def test_a_message_that_its_partner_could_not_deliver_is_dead_and_told(story, answering, paged) -> None:
    answering.became("sms-1", "Twilio says undelivered, error 30003", is_failed=True)
    answering.became("sms-1", "Twilio says undelivered, error 30003", is_failed=True)
    with story.store.reading() as shelves:
        assert shelves.pages.delivery("sms-1").state is DeliveryState.DEAD
    failed = [each for each in story.timeline() if each.kind is Happening.PAGE_FAILED]
    assert [each.text for each in failed] == [
        "The sms to ben did not arrive: Twilio says undelivered, error 30003."
    ]


def test_when_no_way_is_left_the_next_person_is_called_now(story, answering, paged) -> None:
    with story.store.transaction() as shelves:
        for each in shelves.pages.deliveries_of(paged.incident_id):
            if each.page_id == paged.page_id and each.key != "sms-1":
                shelves.pages.save_delivery(replace(each, state=DeliveryState.DEAD))
    before = len(story.pages())
    answering.became("sms-1", "Twilio says undelivered", is_failed=True)
    story.transitions()
    assert len(story.pages()) == before + 1
