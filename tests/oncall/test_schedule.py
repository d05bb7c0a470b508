"""Tests of the rotation, with an oracle that knows nothing but the wall clock of each minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.oncall.schedule import OnCall, Rotation, Schedule, on_call

A_MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)


def schedule(
    zone: str = "Europe/Berlin",
    rotation: Rotation = Rotation.WEEKLY,
    handover: str = "09:00",
    starts: str = "2026-03-16",
    people: tuple[str, ...] = ("ben", "ada", "dana"),
) -> Schedule:
    return Schedule(
        zone=ZoneInfo(zone),
        rotation=rotation,
        handover=time.fromisoformat(handover),
        starts=date.fromisoformat(starts),
        people=people,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_week_belongs_to_one_person_and_the_next_is_secondary() -> None:
    expected = OnCall(primary="ben", secondary="ada", until=utc("2026-03-23T08:00"))
    assert on_call(schedule(), utc("2026-03-16T08:00")) == expected
    assert on_call(schedule(), utc("2026-03-23T07:59")) == expected
    assert on_call(schedule(), utc("2026-03-23T08:00")) == OnCall(
        primary="ada", secondary="dana", until=utc("2026-03-30T07:00")
    )


def test_the_rotation_begins_again_after_the_last_person() -> None:
    found = on_call(schedule(), utc("2026-04-08T12:00"))
    assert found is not None
    assert (found.primary, found.secondary) == ("ben", "ada")
    last = on_call(schedule(), utc("2026-04-01T12:00"))
    assert last is not None
    assert (last.primary, last.secondary) == ("dana", "ben")


def test_nobody_is_on_call_before_the_start_or_without_people() -> None:
    assert on_call(schedule(), utc("2026-03-16T07:59")) is None
    assert on_call(schedule(people=()), utc("2026-04-01T12:00")) is None


def test_one_person_alone_has_no_secondary() -> None:
    found = on_call(schedule(people=("ben",)), utc("2026-04-01T12:00"))
    assert found is not None
    assert (found.primary, found.secondary) == ("ben", None)


@pytest.mark.parametrize(
    ("zone", "starts", "handover", "inside", "until", "hours"),
    [
        pytest.param(
            "Europe/Berlin",
            "2026-03-28",
            "09:00",
            "2026-03-28T12:00",
            "2026-03-29T07:00",
            23,
            id="Berlin, spring",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-10-24",
            "09:00",
            "2026-10-24T12:00",
            "2026-10-25T08:00",
            25,
            id="Berlin, autumn",
        ),
        pytest.param(
            "America/New_York",
            "2026-03-07",
            "09:00",
            "2026-03-07T20:00",
            "2026-03-08T13:00",
            23,
            id="New York, spring",
        ),
        pytest.param(
            "America/New_York",
            "2026-10-31",
            "09:00",
            "2026-10-31T20:00",
            "2026-11-01T14:00",
            25,
            id="New York, autumn",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-03-28",
            "02:30",
            "2026-03-28T12:00",
            "2026-03-29T01:30",
            24,
            id="a handover in the gap: 02:30 is 03:30",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-10-24",
            "02:30",
            "2026-10-24T12:00",
            "2026-10-25T00:30",
            24,
            id="a handover that comes twice: the first",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            "2026-10-03",
            "09:00",
            "2026-10-03T12:00",
            "2026-10-03T22:00",
            23.5,
            id="Lord Howe, half an hour",
        ),
    ],
)
def test_a_shift_over_a_change_of_clocks_lasts_as_long_as_the_local_day(
    zone: str, starts: str, handover: str, inside: str, until: str, hours: float
) -> None:
    found = on_call(schedule(zone, Rotation.DAILY, handover, starts), utc(inside))
    assert found is not None
    assert (found.primary, found.until) == ("ben", utc(until))
    begin = datetime.combine(date.fromisoformat(starts), time.fromisoformat(handover), tzinfo=ZoneInfo(zone))
    assert found.until - begin.astimezone(UTC) == timedelta(hours=hours)


def test_a_change_of_clocks_back_over_midnight_hands_over_only_once() -> None:
    # In St. John's, 00:01 became 23:01 of the day before, so that the date fell back after the handover.
    night = schedule("America/St_Johns", Rotation.DAILY, "00:00", "2010-11-06")
    found = on_call(night, utc("2010-11-07T03:00"))
    assert utc("2010-11-07T03:00").astimezone(night.zone).date() == date(2010, 11, 6)
    assert found is not None
    assert (found.primary, found.until) == ("ada", utc("2010-11-08T03:30"))


def test_a_day_that_a_zone_skipped_has_no_shift() -> None:
    apia = schedule("Pacific/Apia", Rotation.DAILY, "09:00", "2011-12-29")
    before = on_call(apia, utc("2011-12-30T18:59"))
    after = on_call(apia, utc("2011-12-30T19:00"))
    assert before is not None
    assert after is not None
    assert (before.primary, after.primary) == ("ben", "dana")


def _handovers(rotating: Schedule, first: datetime, last: datetime) -> list[datetime]:
    """Find every handover by looking at the wall clock of each minute, without any arithmetic on shifts."""
    walls: dict[datetime, datetime] = {}
    at = first
    while at <= last:
        walls.setdefault(at.astimezone(rotating.zone).replace(tzinfo=None, fold=0), at)
        at += A_MINUTE
    found = []
    day = rotating.starts
    while day <= last.date() + A_DAY:
        wall = datetime.combine(day, rotating.handover)
        if wall in walls:
            found.append(walls[wall])
        elif first.date() < day < last.date():
            before = walls[wall - timedelta(hours=6)]
            found.append(before + timedelta(hours=6))
        day += timedelta(days=rotating.rotation.days)
    return found


@settings(max_examples=24, deadline=None)
@given(
    change=st.sampled_from(
        [
            ("Europe/Berlin", "2026-03-29"),
            ("Europe/Berlin", "2026-10-25"),
            ("America/New_York", "2026-03-08"),
            ("America/New_York", "2026-11-01"),
            ("Australia/Lord_Howe", "2026-04-05"),
            ("Australia/Lord_Howe", "2026-10-04"),
            ("America/St_Johns", "2010-11-07"),
            ("Asia/Kathmandu", "2026-06-01"),
        ]
    ),
    ahead=st.integers(0, 2),
    rotation=st.sampled_from(Rotation),
    handover=st.times(min_value=time(0), max_value=time(23, 59)) | st.times(time(1), time(3)),
    people=st.integers(1, 3),
)
def test_the_rotation_agrees_with_the_wall_clock_of_every_minute(
    change: tuple[str, str], ahead: int, rotation: Rotation, handover: time, people: int
) -> None:
    zone, day = change
    rotating = Schedule(
        zone=ZoneInfo(zone),
        rotation=rotation,
        handover=handover.replace(second=0, microsecond=0),
        starts=date.fromisoformat(day) - timedelta(days=ahead),
        people=("ben", "ada", "dana")[:people],
    )
    around = datetime.combine(date.fromisoformat(day), time(), tzinfo=UTC)
    first, last = around - timedelta(days=5), around + timedelta(days=4)
    handovers = _handovers(rotating, first, last)
    at, shift = first, -1
    while at < last - 2 * A_DAY:
        while shift + 1 < len(handovers) and handovers[shift + 1] <= at:
            shift += 1
        found = on_call(rotating, at)
        assert (found and found.primary) == (None if shift < 0 else rotating.people[shift % people]), at
        near_change = abs(at - around) < timedelta(hours=30)
        at += A_MINUTE if near_change else timedelta(minutes=17)
