"""Streams become the signals that a source would send."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.testing.playing import signals_of
from tocsin.detection.testing.reading import read_tests
from tocsin.domain.signal import Signal

AUTH = LogSource(category="authentication")
DATA = LogSource(product="shop", service="db", category="data_access")


def _signals(
    events: str, sources=None, head: str = "rule: a", asked=lambda record: True
) -> tuple[Signal, ...]:
    text = f"{head}\ntests:\n  - name: x\n    expect: []\n    events:\n      - {events}\n"
    read = read_tests("x", text)
    assert read.problems == ()
    return signals_of(read.tests[0], sources or {"a": AUTH}, asked)


def _of_auth(record: Any) -> bool:
    return record.get("category") == "authentication"


def test_a_stream_repeats_and_cycles() -> None:
    signals = _signals(
        "{at: 1m, every: 10s, repeat: 3, event: {a: 1}, cycle: {who.name: [ann, ben], n: ['u{n}']}}"
    )
    assert [each.record["who"]["name"] for each in signals] == ["ann", "ben", "ann"]
    assert [each.record["n"] for each in signals] == ["u1", "u2", "u3"]
    assert [each.time.minute * 60 + each.time.second for each in signals] == [60, 70, 80]
    assert [each.position for each in signals] == [1, 2, 3]
    assert signals[0].source == "test"


def test_a_cycle_may_hold_what_is_no_text() -> None:
    assert [
        each.record["n"] for each in _signals("{every: 1s, repeat: 2, event: {a: 1}, cycle: {n: [1, null]}}")
    ] == [
        1,
        None,
    ]


def test_several_at_each_repetition() -> None:
    signals = _signals("{every: 1m, repeat: 2, each: 2, apart: 5s, event: {a: 1}}")
    assert [each.time.minute * 60 + each.time.second for each in signals] == [0, 5, 60, 65]


def test_weekdays_and_weekends_leave_days_out() -> None:
    worked = _signals("{every: 1d, repeat: 7, days: weekdays, event: {a: 1}}")
    rested = _signals("{every: 1d, repeat: 7, days: weekends, event: {a: 1}}")
    assert [each.time.weekday() for each in worked] == [0, 1, 2, 3, 4]
    assert [each.time.weekday() for each in rested] == [5, 6]


def test_streams_are_merged_by_time_and_keep_the_order_of_the_file() -> None:
    streams = ("{at: 1s, event: {n: 1}}", "{event: {n: 2}, source: other}", "{at: 1s, event: {n: 3}}")
    signals = _signals("\n      - ".join(streams))
    assert [each.record["n"] for each in signals] == [2, 1, 3]
    assert signals[0].source == "other"


def test_each_record_knows_its_time() -> None:
    (plain,) = _signals("{at: 1s, event: {a: 1, deep: {at: '{time}', all: ['{time}', x]}}}")
    assert plain.record["time"] == "2026-01-05T00:00:01Z"
    assert plain.record["deep"] == {"at": plain.record["time"], "all": [plain.record["time"], "x"]}
    (trail,) = _signals("{at: 500ms, event: {eventName: X, eventSource: s3.amazonaws.com, time: mine}}")
    assert (trail.record["eventTime"], trail.record["time"]) == ("2026-01-05T00:00:00Z", "mine")
    assert b'"eventTime":"2026-01-05T00:00:00Z"' in trail.raw


def test_the_only_log_source_is_given_to_a_record_that_nobody_asks_for() -> None:
    (given,) = _signals("{event: {a: 1}}", asked=_of_auth)
    assert given.record["category"] == "authentication"
    (own,) = _signals("{event: {category: authentication}}", {"a": AUTH, "b": DATA}, asked=_of_auth)
    assert "product" not in own.record


def test_a_stream_names_the_rule_whose_source_it_is_from() -> None:
    (given,) = _signals("{event: {a: 1}, of: b}", {"a": AUTH, "b": DATA})
    assert {key: given.record[key] for key in ("product", "service", "category")} == {
        "product": "shop",
        "service": "db",
        "category": "data_access",
    }


def test_a_test_names_the_log_source_itself() -> None:
    head = "rule: a\nlogsource: {category: authentication}"
    (given,) = _signals("{event: {a: 1}}", {"a": AUTH, "b": DATA}, head, _of_auth)
    assert given.record["category"] == "authentication"


def test_a_signal_that_could_never_fire_is_refused_unless_it_is_meant() -> None:
    with pytest.raises(RuleRejected, match="no log source that the rules ask for"):
        _signals("{event: {a: 1}}", {"a": AUTH, "b": DATA}, asked=_of_auth)
    (meant,) = _signals("{event: {a: 1}, elsewhere: true}", asked=_of_auth)
    assert "category" not in meant.record


def test_an_unknown_rule_of_a_stream_is_refused() -> None:
    with pytest.raises(RuleRejected, match="names no rule that this test uses"):
        _signals("{event: {a: 1}, of: nobody}")
