"""Who has acknowledged is counted only where several must, until as many have."""

from __future__ import annotations

from uuid import UUID

import pytest

from nouns import NOON, an_incident
from tocsin.domain.ports.shelves import Store
from tocsin.flow.answers import answers_of, ask_for, forget_answers, keep_answers, still_asking
from tocsin.oncall.answers import Answers
from tocsin.store.memory import MemoryStore

TAKEN = an_incident(7, incident_id=UUID(int=7), acknowledged_at=NOON, acknowledged_by="ben")


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def test_without_a_count_whoever_has_it_is_enough(store: Store) -> None:
    with store.reading() as shelves:
        assert answers_of(shelves, an_incident(7)) == Answers(by=(), needs=1)
        assert answers_of(shelves, TAKEN) == Answers(by=("ben",), needs=1)


def test_a_later_step_can_ask_for_more_but_not_once_enough_have(store: Store) -> None:
    with store.transaction() as shelves:
        keep_answers(shelves, TAKEN, Answers(by=("ben",), needs=2), NOON)
        ask_for(shelves, TAKEN, 3, NOON)
        ask_for(shelves, TAKEN, 2, NOON)
        assert answers_of(shelves, TAKEN).counted == "1 of 3"
        assert still_asking(shelves) == {TAKEN.incident_id: Answers(by=("ben",), needs=3)}
        keep_answers(shelves, TAKEN, Answers(by=("ben", "ada", "dana"), needs=3), NOON)
        ask_for(shelves, TAKEN, 4, NOON)
        assert answers_of(shelves, TAKEN).needs == 3
        assert still_asking(shelves) == {}


def test_what_is_forgotten_counts_no_more(store: Store) -> None:
    with store.transaction() as shelves:
        keep_answers(shelves, TAKEN, Answers(by=("ben",), needs=2), NOON)
        forget_answers(shelves, [TAKEN.incident_id])
        assert answers_of(shelves, TAKEN).are_enough
