"""Tests of reading clocks and calendar from the triage file."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.incidents.clock_policy import DEFAULT_CLOCKS, Span, parse_clocks

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "triage.yml"


def test_the_shipped_clocks_are_the_default() -> None:
    assert parse_clocks(SHIPPED.read_text("utf-8"), "triage.yml") == DEFAULT_CLOCKS


def test_what_is_left_out_has_the_default() -> None:
    assert parse_clocks("rules: []\n", "t.yml") == DEFAULT_CLOCKS
    assert parse_clocks("calendar: {}\n", "t.yml") == DEFAULT_CLOCKS


def test_one_severity_may_be_changed_alone() -> None:
    policy = parse_clocks("clocks:\n  P2: {acknowledge: 10m}\n", "t.yml")
    assert policy.clocks[Severity.P2].acknowledge == Span(elapsed=timedelta(minutes=10))
    assert policy.clocks[Severity.P2].review == ()
    assert policy.clocks[Severity.P1] == DEFAULT_CLOCKS.clocks[Severity.P1]
    assert parse_clocks("clocks: {P1: {}}\n", "t.yml").clocks[Severity.P1].acknowledge is None


def test_a_calendar_is_read() -> None:
    calendar = parse_clocks(
        'calendar: {zone: Asia/Kolkata, workdays: [sun, mon], day_ends: "18:30", holidays: [2026-12-25]}\n',
        "t.yml",
    ).calendar
    assert calendar.zone.key == "Asia/Kolkata"
    assert calendar.workdays == {6, 0}
    assert calendar.closes == time(18, 30)
    assert calendar.holidays == {date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("span", "spoken"),
    [
        (Span(elapsed=timedelta(minutes=5)), "5 min"),
        (Span(elapsed=timedelta(hours=48)), "48 h"),
        (Span(elapsed=timedelta(seconds=90)), "90 s"),
        (Span(business_days=1), "1 business day (mon tue wed thu fri until 17:00 in UTC, no holidays)"),
        (Span(business_days=5), "5 business days (mon tue wed thu fri until 17:00 in UTC, no holidays)"),
    ],
)
def test_a_span_tells_what_it_was_computed_from(span: Span, spoken: str) -> None:
    assert span.spoken(DEFAULT_CLOCKS.calendar) == spoken


def test_a_span_gives_its_deadline() -> None:
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    calendar = DEFAULT_CLOCKS.calendar
    assert Span(elapsed=timedelta(hours=48)).due(friday, calendar) == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert Span(business_days=5).due(friday, calendar) == datetime(2026, 11, 27, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("clocks: {P5: {}}\n", "`P5` is not known", id="a severity that does not exist"),
        pytest.param(
            "clocks: {P1: {escalate: 5m}}\n", "`escalate` is not known", id="a clock that does not exist"
        ),
        pytest.param("clocks: {P1: {engage: 0m}}\n", "no length", id="a clock of no length"),
        pytest.param("clocks: {P1: {review: [0 business days]}}\n", "no length", id="no business days"),
        pytest.param("clocks: {P1: {engage: soon}}\n", "not a length of time", id="a length in words"),
        pytest.param("clocks: {P1: {engage: 5}}\n", "not a length of time", id="a length without unit"),
        pytest.param("calendar: {workdays: []}\n", "no workday", id="no workday"),
        pytest.param("calendar: {workdays: [friday]}\n", "`friday` is not possible", id="a day in full"),
        pytest.param("calendar: {zone: CET+1}\n", "not a time zone", id="an offset"),
    ],
)
def test_a_mistake_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        parse_clocks(text, "t.yml")
    assert caught.value.line == 1
