"""A rotation of another product gives the same turns as layers, whenever it began."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.oncall.imports.turning import Turning, Unit, layers
from tocsin.oncall.imports.windows import windows
from tocsin.oncall.schedules.schedule import Rotation, Schedule
from tocsin.oncall.schedules.shifts import shifts

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
PEOPLE = ("ada", "ben", "chidi")


def turning(unit: Unit, every: int, anchor: str, **more) -> Turning:
    at = datetime.fromisoformat(anchor).replace(tzinfo=BERLIN).astimezone(UTC)
    return Turning(name="r", zone=BERLIN, unit=unit, every=every, anchor=at, **{"people": PEOPLE, **more})


def who(one: Turning, at: str) -> str:
    """Ask the layers who is on call at a local time."""
    here = datetime.fromisoformat(at).replace(tzinfo=BERLIN).astimezone(UTC)
    found = [
        shifts(Schedule(name="s", zone=BERLIN, layers=(layer,)), (), here, here + timedelta(minutes=1))
        for layer in layers(one, NOW)
    ]
    people = {shift.person for each in found for shift in each}
    assert len(people) <= 1
    return "".join(people)


def expected(one: Turning, at: str) -> str:
    """Count the turns by the clock on the wall."""
    here, start = datetime.fromisoformat(at), one.anchor.astimezone(BERLIN).replace(tzinfo=None)
    if one.unit is Unit.MONTHS:
        number = (here.year - start.year) * 12 + here.month - start.month
        number = (number - ((here.day, here.time()) < (start.day, start.time()))) // one.every
    else:
        number = (here - start) // timedelta(hours=one.every * (24 if one.unit is Unit.DAYS else 1))
    return one.people[number % len(one.people)]


TIMES = [
    f"2026-{month}-{day:02} {at}"
    for month, day in ((10, 21), (10, 26), (11, 1), (11, 15), (12, 31))
    for at in ("08:59", "09:00", "23:30")
]


@pytest.mark.parametrize(
    ("unit", "every"),
    [
        (Unit.HOURS, 1),
        (Unit.HOURS, 8),
        (Unit.HOURS, 12),
        (Unit.HOURS, 48),
        (Unit.DAYS, 1),
        (Unit.DAYS, 5),
        (Unit.DAYS, 14),
        (Unit.MONTHS, 1),
        (Unit.MONTHS, 2),
    ],
)
@pytest.mark.parametrize("anchor", ["2026-01-15 09:00", "2027-03-10 09:00"])
def test_turns_are_counted_by_the_clock_before_and_after_the_anchor(
    unit: Unit, every: int, anchor: str
) -> None:
    one = turning(unit, every, anchor, begins=datetime(2025, 6, 1, tzinfo=UTC))
    assert [who(one, at) for at in TIMES] == [expected(one, at) for at in TIMES]


@pytest.mark.parametrize(
    "anchor", [datetime(2026, 10, 1, 0, 30, tzinfo=UTC), datetime(2027, 1, 1, 0, 30, tzinfo=UTC)]
)
def test_hours_that_do_not_divide_a_day_are_elapsed_ones(anchor: datetime) -> None:
    one = Turning(
        name="r",
        zone=BERLIN,
        unit=Unit.HOURS,
        every=5,
        anchor=anchor,
        people=PEOPLE,
        begins=NOW - timedelta(days=9),
    )
    (layer,) = layers(one, NOW)
    assert layer.rotation is Rotation.HOURLY
    end = NOW + timedelta(days=30)
    for shift in shifts(Schedule(name="s", zone=BERLIN, layers=(layer,)), (), NOW, end):
        assert shift.person == PEOPLE[(shift.start - anchor) // timedelta(hours=5) % 3]


def test_what_begins_between_two_handovers_gets_a_layer_until_the_first() -> None:
    one = turning(Unit.DAYS, 7, "2026-10-19 09:00", begins=datetime(2026, 10, 22, 10, 30, 59, tzinfo=UTC))
    first, second = layers(one, NOW)
    assert (first.people, first.handover, f"{first.ends}", first.ends_at) == (
        ("ada",),
        time(12, 30),
        "2026-10-26",
        time(9),
    )
    assert (f"{second.starts}", second.people) == ("2026-10-26", ("ben", "chidi", "ada"))
    assert [who(one, f"2026-10-{at}") for at in ("22 12:29", "22 12:30", "26 08:59", "26 09:00")] == [
        "",
        "ada",
        "ada",
        "ben",
    ]
    over = turning(
        Unit.DAYS,
        7,
        "2026-10-19 09:00",
        begins=datetime(2026, 10, 22, 10, tzinfo=UTC),
        ends=datetime(2026, 10, 24, tzinfo=UTC),
    )
    assert [f"{layer.ends}" for layer in layers(over, NOW)] == ["2026-10-24"]


def test_one_person_begins_at_any_time() -> None:
    begins = datetime(2026, 10, 22, 10, 30, tzinfo=UTC)
    (layer,) = layers(turning(Unit.MONTHS, 1, "2026-10-01 09:00", people=("ada",), begins=begins), NOW)
    assert (layer.rotation, layer.handover, f"{layer.starts}") == (Rotation.DAILY, time(12, 30), "2026-10-22")


def test_hours_of_the_clock_keep_to_their_windows() -> None:
    office = windows((day * 1440 + 9 * 60, 4 * 60) for day in range(5))
    one = turning(Unit.HOURS, 6, "2026-10-01 06:00", only=office)
    assert [layer.name for layer in layers(one, NOW)] == ["r 06:00", "r 12:00"]
    assert [who(one, f"2026-10-26 {at}") for at in ("08:59", "12:59", "13:00")] == [
        "",
        expected(one, "2026-10-26 12:59"),
        "",
    ]


def test_a_day_of_one_slot_has_no_window() -> None:
    one = turning(Unit.HOURS, 12, "2026-10-01 06:00", begins=datetime(2026, 9, 1, tzinfo=UTC))
    assert all(layer.restrictions for layer in layers(one, NOW))


@pytest.mark.parametrize("ends", [NOW, datetime(2026, 1, 14, tzinfo=UTC)])
def test_what_is_over_or_has_nobody_is_nothing(ends: datetime) -> None:
    assert layers(turning(Unit.DAYS, 1, "2026-01-15 09:00", ends=ends), NOW) == ()
    assert layers(turning(Unit.DAYS, 1, "2026-01-15 09:00", people=()), NOW) == ()


def test_an_end_beyond_all_bounds_is_none() -> None:
    (layer,) = layers(turning(Unit.DAYS, 1, "1980-01-15 09:00", ends=datetime(9999, 1, 1, tzinfo=UTC)), NOW)
    assert (layer.ends, layer.starts.year) == (None, 1999)


def test_a_layer_that_would_give_nobody_until_its_first_handover_is_left_out() -> None:
    nights = windows((day * 1440 + 22 * 60, 60) for day in range(7))
    begins = datetime(2026, 10, 22, 10, tzinfo=UTC)
    (one,) = layers(turning(Unit.DAYS, 1, "2026-10-19 20:00", begins=begins, only=nights), NOW)
    assert f"{one.starts}" == "2026-10-22"
