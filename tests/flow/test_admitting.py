from __future__ import annotations

import io
from dataclasses import replace
from uuid import uuid4

import pytest

from nouns import NOON
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct
from tocsin.evidence.exhibits import Deposit, label
from tocsin.flow.admitting import Stored, admitted, admitted_once


@pytest.fixture
def stored(story, report) -> Stored:
    story.hear(report())
    deposit = Deposit(
        incident_id=story.incident().incident_id,
        name="t-1.log",
        label=label(NOON.date(), "Task log", "tocsin"),
        collector="logs.export",
        covers="logs.export",
        of="t-1",
        gap="page 2 was refused",
        encrypted=True,
    )
    return Stored(deposit, *story.locker.keep(io.BytesIO(b"log")))


def test_an_exhibit_names_the_log_entry_that_bears_its_digest(story, stored) -> None:
    with story.store.transaction() as shelves:
        exhibit = admitted(shelves, stored, "tocsin", NOON)
        assert shelves.exhibits.get(exhibit.number) == exhibit
        (event,) = shelves.exhibits.custody_of(exhibit.number)
    entry = next(each for each in story.log() if each.entry_id == exhibit.entry_id)
    assert event.act is CustodyAct.COLLECTED
    assert entry.facts["digest"] == stored.digest
    told = (entry.facts["of"], entry.facts["gap"], entry.facts["encrypted"])
    assert told == ("t-1", "page 2 was refused", "yes")


def test_the_same_evidence_is_admitted_once_and_of_another_object_again(story, stored) -> None:
    with story.store.transaction() as shelves:
        assert admitted_once(shelves, stored, "tocsin", NOON) is not None
        assert admitted_once(shelves, stored, "tocsin", NOON) is None
        other = Stored(replace(stored.deposit, of="t-2"), stored.digest, stored.size)
        assert admitted_once(shelves, other, "tocsin", NOON) is not None


def test_nothing_is_admitted_for_an_incident_that_is_not_there(story, stored) -> None:
    stranger = Stored(replace(stored.deposit, incident_id=uuid4()), stored.digest, stored.size)
    with pytest.raises(NotFound), story.store.transaction() as shelves:
        admitted(shelves, stranger, "tocsin", NOON)
