"""Whatever waits for nobody is found, and nothing is called lost that has its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nouns import NOON, later
from tocsin.domain.timeline import Happening
from tocsin.oncall.auditing import (
    LATE,
    LOST_FOR,
    Standing,
    alarm,
    alert_fault,
    begun,
    closed,
    ledger_of,
    opened_fault,
    unanswered_fault,
    written,
)

WAITS = Standing(incident="INC-1", pages=True, repeats=True, deadline=later(300))
FORGOTTEN = replace(WAITS, deadline=None)


@pytest.mark.parametrize(
    ("standing", "fault"),
    [
        pytest.param(WAITS, None, id="its next step is ahead"),
        pytest.param(replace(WAITS, deadline=NOON - LATE), None, id="its step is a little late"),
        pytest.param(
            replace(WAITS, deadline=NOON - 2 * LATE), "was due at 2026-03-01 11:56:00 UTC", id="late"
        ),
        pytest.param(FORGOTTEN, "no further step is planned", id="forgotten"),
        pytest.param(
            replace(FORGOTTEN, answered="1 of 2 needed have acknowledged: ben"),
            "INC-1: 1 of 2 needed have acknowledged: ben, and no further step is planned.",
            id="too few have acknowledged",
        ),
        pytest.param(replace(FORGOTTEN, pages=False), None, id="its policy calls nobody"),
        pytest.param(
            replace(FORGOTTEN, told=frozenset({Happening.ESCALATED})), "no further step", id="it would repeat"
        ),
        pytest.param(
            replace(FORGOTTEN, repeats=False, told=frozenset({Happening.ESCALATED})), None, id="used up"
        ),
        pytest.param(
            replace(FORGOTTEN, repeats=False, told=frozenset({Happening.PAGED})), "no further", id="cut short"
        ),
    ],
)
def test_an_unanswered_incident_waits_for_a_step_or_says_why_not(
    standing: Standing, fault: str | None
) -> None:
    found = unanswered_fault(standing, NOON)
    assert (found is None) == (fault is None)
    assert found is None or (fault is not None and fault in found)


@pytest.mark.parametrize(
    ("standing", "is_lost"),
    [
        (FORGOTTEN, True),
        (WAITS, False),
        (replace(FORGOTTEN, pages=False), False),
        (replace(FORGOTTEN, told=frozenset({Happening.OPENED})), True),
        (replace(FORGOTTEN, told=frozenset({Happening.PAGED})), False),
        (replace(FORGOTTEN, told=frozenset({Happening.NOBODY_TO_PAGE})), False),
    ],
)
def test_an_incident_that_was_opened_called_somebody_or_says_why_not(
    standing: Standing, is_lost: bool
) -> None:
    assert (opened_fault(standing) is not None) == is_lost


def test_what_came_is_judged_one_look_later() -> None:
    first = closed(begun(10, 3), 15, 4, (), NOON)
    assert (first.alerts_done, first.alerts_seen, first.incidents_done, first.incidents_seen) == (
        10,
        15,
        3,
        4,
    )
    second = closed(first, 15, 9, (), later(60))
    assert (second.alerts_done, second.incidents_done, second.incidents_seen) == (15, 4, 9)


def test_what_was_lost_is_told_for_a_day() -> None:
    ledger = closed(begun(0, 0), 5, 0, [alert_fault(3)], NOON)
    assert ledger.lost == ("ALR-3: it was accepted, belongs to no incident, and nothing says why.",)
    half = closed(ledger, 5, 0, (), NOON + LOST_FOR / 2)
    assert (half.lost, half.lost_until) == (ledger.lost, NOON + LOST_FOR)
    assert closed(half, 5, 0, [alert_fault(3)], NOON + LOST_FOR / 2).lost == ledger.lost
    over = closed(half, 5, 0, (), NOON + LOST_FOR)
    assert (over.lost, over.lost_until) == ((), None)


def test_the_alarm_fires_while_something_is_wrong_and_ends_then() -> None:
    assert alarm([], NOON, is_told=False) is None
    fires = alarm(["INC-1: late."], NOON, is_told=False)
    assert fires is not None
    assert (fires.labels["alertname"], fires.labels["severity"]) == ("AuditorFoundGap", "critical")
    assert (fires.annotations["description"], fires.ends_at) == ("INC-1: late.", NOON + timedelta(minutes=15))
    ends = alarm([], NOON, is_told=True)
    assert ends is not None
    assert (ends.labels, ends.ends_at) == (fires.labels, NOON)
    many = alarm([f"INC-{n}: late." for n in range(25)], NOON, is_told=True)
    assert many is not None
    assert many.annotations["description"].endswith("INC-9: late. And 15 more.")


def test_a_ledger_comes_back_as_it_was_and_a_damaged_one_begins_anew() -> None:
    for ledger in (begun(7, 2), replace(closed(begun(0, 0), 5, 0, ["x"], NOON), is_told=True)):
        assert ledger_of(written(ledger)) == ledger
    for damaged in (
        None,
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"alerts": [1], "incidents": [1, 2], "lost_until": null}',
    ):
        assert ledger_of(damaged) is None
