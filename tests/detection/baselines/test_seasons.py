"""Windows follow the wall clock of a zone, and are compared with those like them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tocsin.detection.baselines.seasons import Seasons
from tocsin.detection.sigma.extension import Baseline, Method, Season
from tocsin.detection.state import instant, micros

DAY, HOUR = 86_400, 3_600


def seasons(
    span: int = DAY,
    season: Season = Season.NONE,
    zone: str = "UTC",
    days: int = 14,
    **more: tuple[object, ...],
) -> Seasons:
    baseline = Baseline(
        history=days * DAY,
        season=season,
        method=Method.TAIL,
        p=1e-5,
        ratio=3,
        minimum=20,
        warmup=0,
        freeze_on_alert=True,
        zone=ZoneInfo(zone),
        **more,  # type: ignore[arg-type]
    )
    return Seasons(baseline, span)


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def said(time: int) -> str:
    return instant(time).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("span", "zone", "time", "start", "end"),
    [
        (DAY, "UTC", "2026-03-02 09:30", "03-02 00:00", "03-03 00:00"),
        (HOUR, "UTC", "2026-03-02 09:30", "03-02 09:00", "03-02 10:00"),
        (DAY, "America/New_York", "2026-03-02 03:00", "03-01 05:00", "03-02 05:00"),
        # The night in which clocks go forward has 23 hours, that in which they go back 25.
        (DAY, "Europe/Berlin", "2026-03-29 12:00", "03-28 23:00", "03-29 22:00"),
        (DAY, "Europe/Berlin", "2026-10-25 12:00", "10-24 22:00", "10-25 23:00"),
        (HOUR, "Europe/Berlin", "2026-10-25 00:30", "10-25 00:00", "10-25 01:00"),
        (HOUR, "Europe/Berlin", "2026-10-25 01:30", "10-25 01:00", "10-25 02:00"),
        (7 * DAY, "UTC", "2026-03-04 09:30", "03-02 00:00", "03-09 00:00"),
    ],
)
def test_windows_are_aligned_to_the_wall(span: int, zone: str, time: str, start: str, end: str) -> None:
    found = seasons(span, zone=zone)
    begun = found.start(at(time))
    assert (said(begun), said(found.end(begun))) == (start, end)
    assert found.start(found.end(begun)) == found.end(begun)
    assert found.before(found.end(begun)) == begun


def test_like_windows_are_of_the_same_season() -> None:
    monday = at("2026-03-02 00:00")
    assert len(seasons().like(monday)) == 14
    weekdays = seasons(season=Season.WEEKDAY_TYPE)
    assert len(weekdays.like(monday)) == 10
    assert len(weekdays.like(at("2026-03-01 00:00"))) == 4
    hours = seasons(HOUR, Season.HOUR_OF_WEEK)
    assert [said(each) for each in hours.like(at("2026-03-02 09:00"))] == ["02-16 09:00", "02-23 09:00"]
    assert [said(each) for each in hours.since(at("2026-03-02 09:00"), at("2026-02-20 00:00"))] == [
        "02-23 09:00"
    ]


def test_excluded_days_are_no_past() -> None:
    found = seasons(exclude=((date(2026, 2, 20), date(2026, 2, 22)),))
    assert len(found.like(at("2026-03-02 00:00"))) == 11
    assert found.excluded(at("2026-02-22 00:00"))
    assert not found.excluded(at("2026-02-23 00:00"))


@pytest.mark.parametrize(
    ("season", "words"),
    [
        (Season.NONE, "14 days"),
        (Season.WEEKDAY_TYPE, "14 days, weekdays"),
        (Season.HOUR_OF_WEEK, "14 days, Monday 09h"),
    ],
)
def test_what_was_compared_is_said(season: Season, words: str) -> None:
    assert seasons(HOUR, season).words(at("2026-03-02 09:00")) == words
    assert seasons(HOUR, Season.WEEKDAY_TYPE).words(at("2026-03-01 09:00")) == "14 days, weekends"
