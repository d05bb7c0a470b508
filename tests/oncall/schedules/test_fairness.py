"""Tests of the report of the load: hours, nights, weekends, holidays and pages of each person."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tocsin.oncall.schedules.causes import Cause, CauseKind
from tocsin.oncall.schedules.fairness import fairness
from tocsin.oncall.schedules.shifts import Shift, shifts

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_week_has_its_nights_its_weekend_and_its_holidays(layer, platform, utc) -> None:
    week = shifts(platform(layer()), (), utc("2026-12-21T08:00"), utc("2027-01-04T08:00"))
    heavy, light = fairness(week, BERLIN, frozenset({date(2026, 12, 25)}), {"ben": 3})
    assert {heavy.person, light.person} == {"dana", "ben"} or heavy.hours == light.hours
    dana = heavy if heavy.holiday_hours else light
    assert (dana.hours, dana.night_hours, dana.weekend_hours, dana.holiday_hours) == (168, 56, 48, 24)
    assert sum(load.pages for load in (heavy, light)) == 3


def test_a_night_is_as_long_as_its_clocks_say(utc) -> None:
    cause = Cause(kind=CauseKind.LAYER, text="")

    def hours(start: str, end: str) -> tuple[float, float, float]:
        (load,) = fairness([Shift(start=utc(start), end=utc(end), person="ben", cause=cause)], BERLIN)
        return load.hours, load.night_hours, load.weekend_hours

    assert hours("2026-10-24T20:00", "2026-10-25T05:00") == (9, 9, 9)
    assert hours("2026-03-28T21:00", "2026-03-29T04:00") == (7, 7, 7)
    assert hours("2026-11-18T02:00", "2026-11-18T03:30") == (1.5, 1.5, 0)


def test_who_was_called_without_a_shift_is_in_the_report_too(utc) -> None:
    (load,) = fairness((), BERLIN, pages={"ada": 2})
    assert (load.person, load.shifts, load.hours, load.pages) == ("ada", 0, 0, 2)


def test_the_heaviest_load_comes_first(layer, platform, utc) -> None:
    start = utc("2026-11-16T08:00")
    found = fairness(shifts(platform(layer("ada ben")), (), start, start + timedelta(days=10)), BERLIN)
    assert [(load.person, load.hours) for load in found] == [("ada", 168), ("ben", 72)]
