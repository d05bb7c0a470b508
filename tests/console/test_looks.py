"""Since your last look: seven lines, and a visit that a live page does not end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from nouns import NOON, an_entry, an_incident, later
from tocsin.console.looks import (
    MOST_LINES,
    Visit,
    grouped,
    in_words,
    is_worth_keeping,
    packed,
    unpacked,
    visit,
)
from tocsin.domain.timeline import Happening


def test_a_first_visit_sees_everything():
    assert visit(None, 40, NOON) == Visit(since_number=0, since_at=None, read_to=40, at=NOON)


def test_reading_on_keeps_the_news_in_place_and_a_later_visit_starts_after_them():
    first = visit(None, 40, NOON)
    still = visit(first, 50, later(500))
    assert (still.since_number, still.read_to) == (0, 50)
    back = visit(still, 60, later(500) + timedelta(minutes=10))
    assert (back.since_number, back.since_at, back.read_to) == (50, later(500), 60)


def test_a_visit_comes_back_from_the_session_as_it_was():
    seen = Visit(since_number=7, since_at=NOON, read_to=9, at=later(1))
    assert unpacked(packed(seen)) == seen
    assert unpacked(packed(visit(None, 1, NOON))) == visit(None, 1, NOON)
    assert unpacked(None) is None


def test_a_page_that_reads_itself_again_writes_no_session():
    first = visit(None, 40, NOON)
    assert is_worth_keeping(None, first)
    assert not is_worth_keeping(first, visit(first, 40, later(59)))
    assert is_worth_keeping(first, visit(first, 41, later(1)))
    assert is_worth_keeping(first, visit(first, 40, later(60)))
    assert is_worth_keeping(first, visit(first, 40, later(6000)))


def test_happenings_are_counted_in_the_order_they_began():
    kinds = [Happening.OPENED, Happening.PAGED, Happening.NOTE, Happening.PAGED, Happening.PAGE_DELIVERED]
    assert in_words([an_entry(kind=kind) for kind in kinds]) == "opened, 2 pages, a note"
    assert in_words([an_entry(kind=Happening.PAGE_DELIVERED)]) == "small changes"


def test_there_are_never_more_than_seven_lines():
    incidents = {UUID(int=n): an_incident(n) for n in range(1, 21)}
    entries = [an_entry(incident_id=one, at=later(n), number=n) for n, one in enumerate(incidents, start=1)]
    lines = grouped(entries, incidents)
    assert len(lines) == MOST_LINES
    assert [line.incident.number for line in lines[:-1]] == [20, 19, 18, 17, 16, 15]
    assert (lines[-1].incident, lines[-1].words) == (None, "14 more incidents changed")
    assert len(grouped(entries[:7], incidents)) == MOST_LINES


def test_lines_of_incidents_out_of_sight_are_left_out():
    assert grouped([an_entry()], {}) == ()
