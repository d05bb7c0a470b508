from __future__ import annotations

import pytest

from nouns import NOON, a_clock, an_incident, later
from tocsin.domain.incident import Status


@pytest.mark.parametrize(
    ("status", "is_active"),
    [
        (Status.OPEN, True),
        (Status.INVESTIGATING, True),
        (Status.MITIGATED, True),
        (Status.RESOLVED, False),
        (Status.CLOSED, False),
    ],
)
def test_work_goes_on_until_an_incident_is_resolved(status, is_active) -> None:
    assert status.is_active is is_active


def test_a_clock_runs_until_it_is_met_or_missed() -> None:
    assert a_clock().is_running
    assert not a_clock(met_at=NOON).is_running
    assert not a_clock(missed_at=NOON).is_running


def test_the_next_clock_is_the_running_one_that_is_due_first() -> None:
    soon, late = a_clock(due_at=later(60)), a_clock(due_at=later(90))
    met = a_clock(due_at=later(30), met_at=NOON)
    assert an_incident(clocks=(late, met, soon)).next_clock == soon
    assert an_incident(clocks=(met,)).next_clock is None


def test_an_incident_is_spoken_of_by_its_number() -> None:
    assert an_incident(number=7).short_name == "INC-7"
