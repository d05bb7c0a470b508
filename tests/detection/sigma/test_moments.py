"""Questions about when: intervals are half-open, calendars know zones, nights and holidays."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from tocsin.detection.sigma.moments import (
    ALWAYS,
    CalendarTest,
    Interval,
    clock_test,
    during,
    overlap,
    within,
)
from tocsin.detection.sigma.predicates import Op, Predicate


@pytest.mark.parametrize(
    ("interval", "inside"),
    [(ALWAYS, [9, 10, 19, 20]), ((10, None), [10, 19, 20]), ((None, 20), [9, 10, 19]), ((10, 20), [10, 19])],
)
def test_an_interval_is_half_open(interval: Interval, inside: list[int]) -> None:
    test = clock_test(during(interval))
    assert [moment for moment in (9, 10, 19, 20) if test(moment)] == inside
    assert [moment for moment in (9, 10, 19, 20) if within(moment, interval)] == inside


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (ALWAYS, ALWAYS, ALWAYS),
        ((1, None), (None, 5), (1, 5)),
        ((1, 4), (2, 5), (2, 4)),
        ((1, 2), (2, 5), None),
    ],
)
def test_what_two_intervals_have_in_common(one: Interval, other: Interval, both: Interval | None) -> None:
    assert overlap(one, other) == overlap(other, one) == both


def calendar(
    hours: list[tuple[int, int]], holidays: list[tuple[str, str]], zone: str = "UTC"
) -> CalendarTest:
    text = orjson.dumps([zone, hours, holidays]).decode()
    test = clock_test(Predicate(None, Op.CALENDAR, text))
    assert isinstance(test, CalendarTest)
    return test


def micros(day: int, hour: int, minute: int = 0) -> int:
    """The second of March 2026 is a Monday."""
    return int(datetime(2026, 3, day, hour, minute, tzinfo=UTC).timestamp()) * 1_000_000


def test_a_night_of_sunday_ends_on_monday() -> None:
    night = calendar([(6 * 1_440 + 22 * 60, 7 * 1_440 + 6 * 60)], [])
    assert [night(micros(*when)) for when in ((8, 21, 59), (8, 22), (9, 5, 59), (9, 6))] == [
        *(False, True, True, False)
    ]


def test_nothing_is_inside_on_a_holiday_of_the_zone() -> None:
    always = calendar([(0, 10_080)], [("2026-03-03", "2026-03-04")], "Europe/Berlin")
    assert [always(micros(*when)) for when in ((2, 22, 59), (2, 23), (4, 22, 59), (4, 23))] == [
        *(True, False, False, True)
    ]
