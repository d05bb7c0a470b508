"""Tests of counting business days in a team's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tocsin.incidents.business_days import Calendar

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"), day_ends=time(18), holidays=frozenset({date(2026, 12, 25)}))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param("2026-11-18T12:00Z", 1, "2026-11-19T17:00Z", id="the next day"),
        pytest.param("2026-11-20T12:00Z", 1, "2026-11-23T17:00Z", id="over a weekend"),
        pytest.param("2026-11-21T12:00Z", 5, "2026-11-27T17:00Z", id="five from a Saturday"),
        pytest.param("2026-12-24T12:00Z", 1, "2026-12-28T17:00Z", id="over a holiday and a weekend"),
        pytest.param("2026-11-18T23:30Z", 1, "2026-11-20T17:00Z", id="late in UTC is the next day in Berlin"),
        pytest.param("2026-10-23T12:00Z", 1, "2026-10-26T17:00Z", id="over the end of summer time"),
        pytest.param("2026-10-22T12:00Z", 1, "2026-10-23T16:00Z", id="before the end of summer time"),
    ],
)
def test_business_days_end_in_the_teams_own_time(start: str, days: int, end: str) -> None:
    assert BERLIN.end_after(datetime.fromisoformat(start), days) == datetime.fromisoformat(end)


def test_a_day_that_ends_in_a_skipped_hour_uses_the_offset_from_before() -> None:
    sundays = Calendar(zone=ZoneInfo("Europe/Berlin"), workdays=frozenset({6}), day_ends=time(2, 30))
    assert sundays.end_after(datetime(2026, 3, 28, tzinfo=UTC), 1) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_calendar_tells_what_was_counted() -> None:
    assert BERLIN.spoken == "mon tue wed thu fri until 18:00 in Europe/Berlin, 2026-12-25"
    assert Calendar().spoken == "mon tue wed thu fri until 17:00 in UTC, no holidays"
