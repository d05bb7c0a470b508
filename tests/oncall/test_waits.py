"""Tests of how long a step waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.calendar import Calendar
from tocsin.domain.pack_file import PackProblem, parse
from tocsin.oncall.waits import Wait, read_wait

OFFICE = Calendar(zone=ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 11, 24)}))
FRIDAY_NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)
MONDAY_NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEDNESDAY_NINE = datetime(2026, 11, 25, 8, tzinfo=UTC)


def wait(text: str, calendar: Calendar | None = OFFICE) -> Wait:
    return read_wait(parse(text, "oncall.yml"), calendar)


@pytest.mark.parametrize(
    ("text", "start", "due"),
    [
        pytest.param("5m", FRIDAY_NOON, FRIDAY_NOON + timedelta(minutes=5), id="elapsed"),
        pytest.param("next business day", FRIDAY_NOON, MONDAY_NINE, id="over the weekend"),
        pytest.param(
            "next business day",
            MONDAY_NINE - timedelta(hours=5),
            MONDAY_NINE,
            id="the same day, before it opens",
        ),
        pytest.param("next business day", MONDAY_NINE, WEDNESDAY_NINE, id="over a holiday"),
        pytest.param("2 business days", FRIDAY_NOON, WEDNESDAY_NINE, id="two of them"),
        pytest.param("4 business hours", FRIDAY_NOON, FRIDAY_NOON + timedelta(hours=4), id="within a day"),
        pytest.param("6 business hours", FRIDAY_NOON, MONDAY_NINE + timedelta(hours=1), id="over a night"),
    ],
)
def test_a_wait_ends_in_time_or_in_working_time(text: str, start: datetime, due: datetime) -> None:
    assert wait(text).due(start) == due


@pytest.mark.parametrize(
    ("text", "calendar", "said"),
    [
        ("soon", OFFICE, "not a length of time"),
        ("5", OFFICE, "not a length of time"),
        ("0 business days", OFFICE, "no business time"),
        ("next business day", None, "needs a calendar"),
        ("2 business hours", None, "needs a calendar"),
    ],
)
def test_what_is_no_wait_is_refused(text: str, calendar: Calendar | None, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        wait(text, calendar)


@pytest.mark.parametrize(
    ("earlier", "later", "may"),
    [
        ("5m", "10m", True),
        ("5m", "5m", False),
        ("5m", "next business day", True),
        ("next business day", "5m", True),
        ("next business day", "2 business days", True),
        ("2 business days", "2 business days", False),
        ("4 business hours", "2 business hours", False),
        ("4 business hours", "1 business day", True),
    ],
)
def test_a_step_may_only_follow_an_earlier_one(earlier: str, later: str, *, may: bool) -> None:
    assert wait(later).may_follow(wait(earlier)) is may
