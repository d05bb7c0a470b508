"""A shift of Grafana OnCall becomes rotations that have the same events, or is refused."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.oncall.imports.grafana_shifts import read_shift, turnings
from tocsin.oncall.imports.turning import Unit

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86_400
ROW = {
    "name": "s",
    "type": "rolling_users",
    "level": 1,
    "start": "2026-10-05T09:00:00",
    "duration": DAY,
    "frequency": "daily",
    "interval": 1,
    "rolling_users": [["A"], ["B"], ["C"]],
    "start_rotation_from_user_index": 4,
}


def made(**more):
    shift = read_shift({**ROW, **more}, BERLIN)
    assert shift is not None
    return turnings(shift)


def test_a_shift_without_start_or_length_is_none() -> None:
    assert read_shift({**ROW, "start": "soon"}, BERLIN) is None
    assert read_shift({**ROW, "duration": 0}, BERLIN) is None


def test_groups_begin_with_the_one_that_is_named() -> None:
    shift = read_shift(ROW, BERLIN)
    assert shift is not None
    assert shift.groups == (("B",), ("C",), ("A",))
    alone = read_shift({**ROW, "rolling_users": None, "users": ["A", "B"], "week_start": "XX"}, BERLIN)
    assert alone is not None
    assert (alone.groups, alone.week_start) == ((("A", "B"),), 6)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, [(Unit.DAYS, 1, 0)]),
        ({"interval": 3, "duration": 3 * DAY}, [(Unit.DAYS, 3, 0)]),
        ({"duration": 8 * HOUR}, [(Unit.DAYS, 1, 1)]),
        ({"by_day": ["MO", "WE"], "duration": 8 * HOUR}, [(Unit.DAYS, 7, 1)] * 2),
        ({"by_day": ["WE"], "interval": 2, "duration": 8 * HOUR}, [(Unit.DAYS, 7, 1)]),
        ({"frequency": "hourly", "interval": 12, "duration": 12 * HOUR}, [(Unit.HOURS, 12, 0)]),
        ({"frequency": "hourly", "interval": 12, "duration": 10 * HOUR}, [(Unit.HOURS, 12, 2)]),
        (
            {"frequency": "hourly", "interval": 12, "duration": 12 * HOUR, "by_day": ["MO"]},
            [(Unit.HOURS, 12, 2)],
        ),
        ({"frequency": "hourly", "interval": 5, "duration": 5 * HOUR}, [(Unit.HOURS, 5, 0)]),
        ({"frequency": "weekly", "duration": 7 * DAY}, [(Unit.DAYS, 7, 0)]),
        (
            {"frequency": "weekly", "interval": 2, "duration": 14 * DAY, "by_day": ["MO"]},
            [(Unit.DAYS, 14, 0)],
        ),
        ({"frequency": "weekly", "duration": 2 * DAY}, [(Unit.DAYS, 7, 1)]),
        (
            {"frequency": "weekly", "duration": 8 * HOUR, "by_day": ["TU", "FR"], "week_start": "MO"},
            [(Unit.DAYS, 7, 1)],
        ),
        ({"type": "single_event", "duration": 9 * DAY}, [(Unit.DAYS, 1, 0)]),
        (
            {"type": "recurrent_event", "rolling_users": None, "users": ["A"], "by_day": ["MO"]},
            [(Unit.DAYS, 7, 1)],
        ),
    ],
)
def test_what_can_be_written_is(more, expected) -> None:
    assert [(one.unit, one.every, len(one.only)) for one in made(**more)] == expected


@pytest.mark.parametrize(
    "more",
    [
        {"frequency": "monthly"},
        {"frequency": "", "type": "recurrent_event"},
        {"by_month": [1]},
        {"by_monthday": [-1]},
        {"interval": 3},
        {"duration": 2 * DAY},
        {"by_day": ["MO"], "duration": 2 * DAY},
        {"by_day": ["MO"], "interval": 2, "type": "recurrent_event", "rolling_users": None, "users": ["A"]},
        {"frequency": "hourly", "interval": 5, "duration": 4 * HOUR},
        {"frequency": "hourly", "interval": 4, "duration": 5 * HOUR},
        {"frequency": "weekly", "interval": 2, "duration": 7 * DAY},
        {"frequency": "weekly", "duration": 2 * DAY, "by_day": ["MO", "TU"]},
    ],
)
def test_what_cannot_be_written_is_refused(more) -> None:
    assert made(**more) is None


def test_what_was_started_within_an_event_begins_with_the_next() -> None:
    (one,) = made(rotation_start="2026-10-06T12:00:00", until="2026-11-01T00:00:00")
    assert one.begins is not None
    assert one.begins - one.anchor == timedelta(days=2)
    assert f"{one.ends}" == "2026-10-31 23:00:00+00:00"
    (weekly,) = made(frequency="weekly", duration=HOUR, rotation_start="2026-10-06T12:00:00")
    assert f"{weekly.begins}" == "2026-10-06 10:00:00+00:00"


def test_a_start_between_the_days_moves_to_the_first_of_its_week() -> None:
    first, second = made(by_day=["TU", "SA"], duration=HOUR, week_start="MO")
    assert [f"{one.anchor:%a}" for one in (first, second)] == ["Tue", "Sat"]
    assert [first.people[0], second.people[0]] == ["B", "C"]
    (late,) = made(
        frequency="weekly", start="2026-10-08T09:00:00", duration=HOUR, by_day=["TU", "SA"], week_start="WE"
    )
    assert f"{late.anchor:%Y-%m-%d}" in {"2026-10-03", "2026-10-10"}
