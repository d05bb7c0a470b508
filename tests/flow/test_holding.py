from __future__ import annotations

import io
from datetime import timedelta
from uuid import uuid4

import pytest

from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct
from tocsin.domain.incident import Status
from tocsin.evidence.holds import ASKED_FOR, EvidenceHeld, HoldReasonMissing, SecondPersonNeeded
from tocsin.flow.holding import Holding


@pytest.fixture
def holding(story, report) -> Holding:
    story.hear(report())
    for content in (b"private", b"private", b"other"):
        story.respond.keep(
            story.incident().incident_id,
            name="a.txt",
            media_type="text/plain",
            content=io.BytesIO(content),
            description="A file",
            exported_by="ada",
            actor="ada",
        )
    return Holding(story.store, story.clock, story.locker)


def close(story) -> None:
    for status in (Status.RESOLVED, Status.CLOSED):
        story.close.move(story.incident().incident_id, status, "over", "ada")


def test_a_hold_stands_in_timeline_and_log_and_so_does_its_release(story, holding) -> None:
    hold = holding.hold(story.incident().incident_id, "Order 4711", "ada")
    assert story.timeline()[-1].text == "Legal hold LH-1: Order 4711"
    released = holding.release(hold.number, "Lifted", "dana")
    assert (released.released_by, released.release_reason) == ("dana", "Lifted")
    assert [entry.kind for entry in story.log()[-2:]] == ["evidence.held", "evidence.released"]
    with pytest.raises(NotFound):
        holding.release(hold.number, "Lifted", "dana")


def test_a_hold_of_every_incident_is_in_the_log_only(story, holding) -> None:
    holding.hold(None, "All of 2026", "ada")
    assert story.log()[-1].facts == {"hold": "LH-1", "reason": "Legal hold LH-1: All of 2026"}
    close(story)
    with pytest.raises(EvidenceHeld, match="LH-1"):
        holding.ask(1, "by mistake", "ada")


def test_nothing_is_held_or_destroyed_without_a_reason_or_of_nothing(story, holding) -> None:
    with pytest.raises(HoldReasonMissing):
        holding.hold(None, " ", "ada")
    with pytest.raises(HoldReasonMissing):
        holding.ask(1, "", "ada")
    close(story)
    with pytest.raises(HoldReasonMissing):
        holding.consent(1, "ada")
    with pytest.raises(NotFound):
        holding.hold(uuid4(), "Order", "ada")
    with pytest.raises(NotFound):
        holding.ask(99, "by mistake", "ada")


def destroy(holding, number: int):
    assert holding.consent(number, "ada", "by mistake").asked is not None
    done = holding.consent(number, "dana")
    assert done.asked is None
    return done.exhibit


def test_destruction_takes_two_people_who_are_signed_in(story, holding) -> None:
    close(story)
    assert holding.ask(3, "by mistake", "cli:root").asked.people == ()
    assert holding.ask(3, "again", "token:ci").asked.people == ()
    assert holding.consent(3, "ada").asked.people == ("ada",)
    with pytest.raises(SecondPersonNeeded):
        holding.consent(3, "ada", "for another reason")
    assert story.respond.verify() == (3, ())
    assert holding.consent(3, "dana").asked is None
    entry = story.log()[-1]
    assert (entry.kind, entry.actor) == ("exhibit.destroyed", "dana")
    assert entry.facts["reason"] == "by mistake (consented to by ada and dana)"
    asked = [each for each in story.log() if each.kind == "exhibit.destruction_asked"]
    assert [each.actor for each in asked] == ["cli:root", "token:ci", "ada"]


def test_a_consent_is_not_for_ever_and_a_hold_comes_before_it(story, holding) -> None:
    close(story)
    holding.consent(3, "ada", "by mistake")
    hold = holding.hold(None, "Order 4711", "dana")
    with pytest.raises(EvidenceHeld, match="LH-1"):
        holding.consent(3, "dana")
    holding.release(hold.number, "Lifted", "dana")
    story.clock.push(ASKED_FOR + timedelta(seconds=1))
    assert holding.consent(3, "dana", "still by mistake").asked.people == ("dana",)
    with story.store.reading() as shelves:
        assert holding.asked(shelves, shelves.exhibits.get(3)).reason == "still by mistake"
        assert holding.asked(shelves, shelves.exhibits.get(2)) is None


def test_bytes_go_only_after_the_log_says_so_and_only_with_their_last_exhibit(story, holding) -> None:
    with pytest.raises(EvidenceHeld, match="INC-1 is"):
        holding.consent(1, "ada", "by mistake")
    close(story)
    first = destroy(holding, 1)
    assert first.digest in story.locker.kept
    second = destroy(holding, 2)
    assert second.digest == first.digest
    assert first.digest not in story.locker.kept
    assert story.log()[-1].kind == "exhibit.destroyed"
    assert story.respond.verify() == (3, ())
    with pytest.raises(NotFound, match="was destroyed by dana"):
        story.respond.read(2, "eve")


def test_a_destruction_that_a_crash_cut_short_is_finished_by_asking_again(story, holding) -> None:
    close(story)
    exhibit = destroy(holding, 3)
    story.locker.kept[exhibit.digest] = b"other"
    entries = len(story.log())
    assert holding.ask(3, "by mistake", "ada").asked is None
    assert exhibit.digest not in story.locker.kept
    assert len(story.log()) == entries
    with story.store.reading() as shelves:
        assert len(shelves.exhibits.custody((CustodyAct.DESTROYED,))) == 1


def test_a_hold_whose_row_was_taken_away_still_holds(story, holding) -> None:
    holding.hold(story.incident().incident_id, "Order 4711", "ada")
    close(story)
    story.store._tables.holds.clear()
    with pytest.raises(EvidenceHeld, match="LH-1 is in force by the log"):
        holding.consent(1, "ada", "by mistake")
