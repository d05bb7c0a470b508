"""A time lies within an interval when every part that is given holds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tocsin.oncall.alertmanager.intervals import Interval, first_within, is_within, is_within_any, muted_by


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BERLIN = ZoneInfo("Europe/Berlin")
HOURS = Interval(minutes=((540, 1020),), weekdays=((1, 5),))


@pytest.mark.parametrize(
    ("interval", "moment", "holds"),
    [
        (Interval(), "2026-11-21 12:00", True),
        (HOURS, "2026-11-20 09:00", True),
        (HOURS, "2026-11-20 16:59", True),
        (HOURS, "2026-11-20 17:00", False),
        (HOURS, "2026-11-21 12:00", False),
        (Interval(weekdays=((0, 0),)), "2026-11-22 12:00", True),
        (Interval(weekdays=((6, 6),)), "2026-11-22 12:00", False),
        (Interval(minutes=((0, 1440),)), "2026-11-22 23:59", True),
        (Interval(days=((1, 5),)), "2026-11-05 00:00", True),
        (Interval(days=((1, 5),)), "2026-11-06 00:00", False),
        (Interval(days=((-3, -1),)), "2026-11-28 00:00", True),
        (Interval(days=((-3, -1),)), "2026-11-27 00:00", False),
        (Interval(days=((-1, -1),)), "2028-02-29 00:00", True),
        (Interval(days=((-31, -1),)), "2026-02-01 00:00", True),
        (Interval(days=((29, 31),)), "2026-02-28 00:00", False),
        (Interval(days=((28, 31),)), "2026-02-28 00:00", True),
        (Interval(days=((10, -1),)), "2026-02-28 00:00", True),
        (Interval(days=((-1, -1),), zone=BERLIN), "2026-03-31 12:00", True),
        (Interval(months=((1, 3), (12, 12))), "2026-12-01 00:00", True),
        (Interval(months=((1, 3),)), "2026-04-01 00:00", False),
        (Interval(years=((2020, 2026),)), "2026-01-01 00:00", True),
        (Interval(years=((2027, 2030),)), "2026-01-01 00:00", False),
        (Interval(minutes=((540, 600),), zone=BERLIN), "2026-07-01 07:30", True),
        (Interval(minutes=((540, 600),), zone=BERLIN), "2026-12-01 08:30", True),
        (Interval(minutes=((540, 600),), zone=BERLIN), "2026-12-01 07:30", False),
        (Interval(minutes=()), "2026-12-01 07:30", False),
        (Interval(days=()), "2026-12-01 07:30", False),
    ],
)
def test_all_parts_must_hold(interval: Interval, moment: str, holds: bool) -> None:
    assert is_within(interval, at(moment)) is holds


def test_one_of_several_is_enough_and_the_first_is_named() -> None:
    intervals = {"never": (), "hours": (Interval(years=((1999, 1999),)), HOURS)}
    assert is_within_any(intervals["hours"], at("2026-11-20 12:00"))
    assert first_within(("never", "hours"), intervals, at("2026-11-20 12:00")) == "hours"
    assert first_within(("never", "hours"), intervals, at("2026-11-21 12:00")) is None


def test_a_route_is_quiet_outside_its_active_and_inside_its_mute_times() -> None:
    intervals = {"hours": (HOURS,), "november": (Interval(months=((11, 11),)),)}
    work, weekend = at("2026-11-20 12:00"), at("2026-11-21 12:00")
    assert muted_by((), (), intervals, work) is None
    assert muted_by((), ("hours",), intervals, work) is None
    assert muted_by((), ("hours",), intervals, weekend) == "outside its active time intervals (hours)"
    assert muted_by(("hours",), (), intervals, work) == "within its mute time interval hours"
    assert muted_by(("november",), ("hours",), intervals, work) == "within its mute time interval november"
