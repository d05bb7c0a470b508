"""What came is paired with what was wanted as well as can be, and each difference is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tocsin.detection.state import micros
from tocsin.detection.testing.comparing import Came, differences, fits, offset, wanted_words
from tocsin.detection.testing.reading import read_tests
from tocsin.detection.testing.written import START, RuleTest
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity

AT = micros(START)


def _came(at: int = 0, count: int = 1, severity: Severity | None = Severity.P2, **group: str) -> Came:
    alert = DetectedAlert(
        key=f"{at}{group}",
        rule_id="r-1",
        rule_title="Rule",
        rule_level="high",
        severity=severity,
        first_seen=START,
        last_seen=START + timedelta(seconds=at),
        count=count,
        group=tuple(group.items()),
        evidence=(),
    )
    return Came(alert=alert, at=AT + at * 1_000_000)


def _test(expect: str, key: str = "expect") -> RuleTest:
    read = read_tests("x", f"rule: r\ntests:\n  - name: x\n    {key}: {expect}\n")
    assert read.problems == ()
    return read.tests[0]


def _wanted(text: str) -> Any:
    return (_test(f"[{text}]").expect or ())[0]


@pytest.mark.parametrize(
    "wanted",
    [
        "{}",
        "{at: 5s}",
        "{first: 0s, last: 5s}",
        "{count: 2}",
        "{severity: P2}",
        "{severity: p2}",
        "{severity: high}",
        "{group: {user: ANN}}",
        "{rule: r-1}",
        "{rule: named}",
    ],
)
def test_what_is_named_and_equal_fits(wanted: str) -> None:
    assert fits(_wanted(wanted), _came(5, 2, user="ann", host="a"), {"named": "r-1"})


@pytest.mark.parametrize(
    "wanted",
    [
        "{at: 6s}",
        "{first: 1s}",
        "{last: 4s}",
        "{count: 3}",
        "{severity: P1}",
        "{group: {user: ben}}",
        "{group: {other: ann}}",
        "{rule: r-2}",
    ],
)
def test_what_is_named_and_differs_does_not_fit(wanted: str) -> None:
    assert not fits(_wanted(wanted), _came(5, 2, user="ann"), {})


def test_an_alert_without_severity_is_none() -> None:
    assert fits(_wanted("{severity: none}"), _came(severity=None), {})


def test_alerts_are_paired_so_that_as_many_as_possible_fit() -> None:
    came = [_came(0, 1, user="ann"), _came(0, 2, user="ann")]
    assert differences(_test("[{}, {count: 1}]"), came, {}) == ()
    assert differences(_test("[{count: 1}, {}]"), came, {}) == ()


def test_what_did_not_come_and_what_came_besides_is_told() -> None:
    told = differences(_test("[{count: 7}]"), [_came(5, 2, user="ann")], {})
    assert told == (
        "line 4: expected an alert (count 7); did not come",
        "came, not expected: Rule at 5s (count 2, severity P2, first 0s, last 5s, user=ann)",
    )


def test_quiet_means_that_nothing_comes() -> None:
    assert differences(_test("[]"), [], {}) == ()
    (told,) = differences(_test("[]"), [_came(severity=None)], {})
    assert "severity none" in told


def test_what_must_not_come_is_told_and_others_may() -> None:
    test = _test("[{group: {user: ben}}]", "expect_not")
    assert differences(test, [_came(user="ann")], {}) == ()
    (told,) = differences(test, [_came(user="ben")], {})
    assert told.startswith("line 4: must not come")


def test_a_wish_is_said_in_words() -> None:
    test = _test("[{rule: a, at: 1m, first: 0s, last: 1h, count: 2, severity: P1, group: {u: x}}]")
    (wish,) = test.expect or ()
    assert (
        wanted_words(wish, test) == "an alert (rule a, at 1m, first 0s, last 1h, count 2, severity P1, u=x)"
    )
    assert wanted_words(_wanted("{}"), test) == "an alert"


@pytest.mark.parametrize(
    ("micros_from_start", "said"),
    [
        (0, "0s"),
        (90_061_500_000, "1d1h1m1.5s"),
        (-60_000_000, "-1m"),
        (500_000, "0.5s"),
        (400 * 86_400_000_000, "2027-02-09T00:00:00+00:00"),
    ],
)
def test_an_offset_is_said_as_people_write_it(micros_from_start: int, said: str) -> None:
    assert offset(AT + micros_from_start, _test("[]")) == said
