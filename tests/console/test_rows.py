"""The incident row: what waits for whom, and by when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import a_clock, an_incident, later
from tocsin.console.gate import Viewer
from tocsin.console.rows import by_clock, open_clock, row_of, waits_for, waits_for_viewer
from tocsin.domain.incident import ClockKind, Status
from tocsin.domain.person import Role
from tocsin.domain.severity import Severity

ADA = Viewer(username="ada", name="Ada", role=Role.COMMANDER)
BEN = Viewer(username="ben", name="Ben", role=Role.RESPONDER)
CHIDI = Viewer(username="chidi", name="Chidi", role=Role.VIEWER)

OPEN = an_incident(clocks=(a_clock(),))
ANSWERED = replace(
    OPEN,
    status=Status.INVESTIGATING,
    acknowledged_at=later(60),
    acknowledged_by="ben",
    commander="ben",
    clocks=(a_clock(met_at=later(60)), a_clock(kind=ClockKind.ENGAGE, due_at=later(900))),
)
REVIEW_DUE = replace(
    ANSWERED,
    status=Status.RESOLVED,
    resolved_at=later(600),
    clocks=(*ANSWERED.clocks, a_clock(kind=ClockKind.REVIEW, due_at=later(172_800))),
)


@pytest.mark.parametrize(
    ("incident", "words"),
    [
        (OPEN, "Acknowledge"),
        (ANSWERED, "Engage"),
        (replace(ANSWERED, clocks=()), "Work"),
        (replace(ANSWERED, clocks=(), commander=None), "An owner"),
        (REVIEW_DUE, "Review"),
        (replace(REVIEW_DUE, clocks=()), ""),
        (replace(REVIEW_DUE, status=Status.CLOSED), ""),
    ],
)
def test_an_incident_waits_for(incident, words):
    assert waits_for(incident) == words


@pytest.mark.parametrize(
    ("incident", "ada", "ben"),
    [
        (OPEN, True, True),
        (ANSWERED, False, True),
        (replace(ANSWERED, commander=None), True, True),
        (REVIEW_DUE, False, True),
        (replace(REVIEW_DUE, status=Status.CLOSED), False, False),
    ],
)
def test_it_is_the_turn_of_its_commander_and_of_everybody_until_there_is_an_answer(incident, ada, ben):
    assert (waits_for_viewer(incident, ADA), waits_for_viewer(incident, BEN)) == (ada, ben)
    assert not waits_for_viewer(incident, CHIDI)


def test_a_missed_clock_stays_in_view_until_it_is_met_or_work_ends():
    missed = a_clock(missed_at=later(300))
    waiting = a_clock(kind=ClockKind.ENGAGE, due_at=later(900))
    late = replace(OPEN, clocks=(waiting, missed))
    assert open_clock(late) == missed
    assert open_clock(replace(late, clocks=(waiting, replace(missed, met_at=later(400))))) == waiting
    assert open_clock(replace(late, status=Status.RESOLVED)) is None
    assert open_clock(replace(REVIEW_DUE, status=Status.CLOSED)) is None


def test_rows_are_sorted_by_deadline_then_by_severity_and_age():
    soon, later_due = OPEN, replace(OPEN, clocks=(a_clock(due_at=later(900)),))
    worst = replace(OPEN, clocks=(), severity=Severity.P1, opened_at=later(50))
    oldest = replace(OPEN, clocks=(), severity=Severity.P3, opened_at=later(1))
    newest = replace(OPEN, clocks=(), severity=Severity.P3, opened_at=later(2))
    assert sorted([newest, worst, later_due, oldest, soon], key=by_clock) == [
        soon,
        later_due,
        worst,
        oldest,
        newest,
    ]


def test_the_button_is_on_unanswered_rows_of_people_who_may_press_it():
    assert row_of(OPEN, BEN).can_acknowledge
    assert not row_of(OPEN, CHIDI).can_acknowledge
    assert not row_of(ANSWERED, BEN).can_acknowledge
    assert row_of(ANSWERED, BEN).owner == "ben"
