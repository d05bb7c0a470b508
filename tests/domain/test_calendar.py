"""Tests of business time in a team's zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.calendar import BusinessDays, Calendar, NeverOpen
from tocsin.domain.local_time import instant

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"), closes=time(18), holidays=frozenset({date(2026, 12, 25)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


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
    assert BERLIN.add(at(start), BusinessDays(days)) == at(end)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        pytest.param("2026-11-18T12:00Z", 2, "2026-11-18T14:00Z", id="within a day"),
        pytest.param("2026-11-18T16:00Z", 2, "2026-11-19T09:00Z", id="goes on the next morning"),
        pytest.param("2026-11-20T16:30Z", 1, "2026-11-23T08:30Z", id="goes on after the weekend"),
        pytest.param("2026-11-21T12:00Z", 0, "2026-11-23T08:00Z", id="nothing to wait waits until it opens"),
        pytest.param("2026-12-24T16:00Z", 10, "2026-12-28T17:00Z", id="over a holiday, to closing time"),
        pytest.param("2026-11-18T03:00Z", 9, "2026-11-18T17:00Z", id="before it opens"),
    ],
)
def test_hours_count_only_while_open(start: str, hours: int, end: str) -> None:
    assert BERLIN.add(at(start), timedelta(hours=hours)) == at(end)


def test_it_knows_when_it_is_open_and_opens_next() -> None:
    assert BERLIN.is_open(at("2026-11-18T08:00Z"))
    assert not BERLIN.is_open(at("2026-11-18T07:59Z"))
    assert not BERLIN.is_open(at("2026-11-18T17:00Z"))
    assert not BERLIN.is_open(at("2026-11-21T12:00Z"))
    assert not BERLIN.is_open(at("2026-12-25T12:00Z"))
    assert BERLIN.next_open(at("2026-11-18T12:00Z")) == at("2026-11-18T12:00Z")
    assert BERLIN.next_open(at("2026-11-20T17:00Z")) == at("2026-11-23T08:00Z")


@given(
    start=st.integers(0, 2_000_000).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n)),
    one=st.integers(0, 3000),
    other=st.integers(0, 3000),
)
def test_waiting_in_two_parts_is_waiting_once(start: datetime, one: int, other: int) -> None:
    whole = BERLIN.add(start, timedelta(minutes=one + other))
    parts = BERLIN.add(BERLIN.add(start, timedelta(minutes=one)), timedelta(minutes=other))
    # At closing time nothing is left to wait today: the next part may begin in the morning.
    assert parts == whole or (other == 0 and parts == BERLIN.next_open(whole))


def test_a_day_that_ends_in_a_skipped_hour_uses_the_offset_from_before() -> None:
    sundays = Calendar(
        zone=ZoneInfo("Europe/Berlin"), workdays=frozenset({6}), opens=time(1), closes=time(2, 30)
    )
    assert sundays.end_after(at("2026-03-28T00:00Z"), 1) == at("2026-03-29T01:30Z")


def test_a_calendar_that_never_opens_says_so() -> None:
    closed = replace(BERLIN, holidays=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(3000)))
    with pytest.raises(NeverOpen):
        closed.next_open(at("2026-11-18T12:00Z"))


def test_a_calendar_tells_what_was_counted_and_its_version_changes_with_it() -> None:
    assert BERLIN.spoken == "mon tue wed thu fri until 18:00 in Europe/Berlin, 2026-12-25"
    assert Calendar().spoken == "mon tue wed thu fri until 17:00 in UTC, no holidays"
    versions = {
        one.version for one in (BERLIN, replace(BERLIN, opens=time(8)), replace(BERLIN, holidays=frozenset()))
    }
    assert len(versions) == 3
    assert replace(BERLIN).version == BERLIN.version


def test_a_local_time_is_one_instant() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert instant(date(2026, 3, 29), time(2, 30), berlin) == at("2026-03-29T01:30Z")
    assert instant(date(2026, 10, 25), time(2, 30), berlin) == at("2026-10-25T00:30Z")
