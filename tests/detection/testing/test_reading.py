"""A mistake in a test file is told with file, line and column, and the other tests are read."""

from __future__ import annotations

import pytest

from tocsin.detection.testing.reading import MOST_SIGNALS, read_tests
from tocsin.detection.testing.written import START

GOOD = """
rule: failed
start: 2026-02-02T10:00:00Z
logsource: {category: authentication}
tables: {known: [a]}
templates:
  plain: {who: {name: ann, type: user}}
  deep: {like: plain, who: {type: role}}
tests:
  - name: first
    description: says more
    tables: {other: [b]}
    events:
      - {at: 1m, every: 5s, repeat: 3, each: 2, apart: 2s, days: weekdays, like: deep, event: {a: 1},
         set: {who.id: 7}, drop: [a], cycle: {user: [ann, ben], n: 'u-{n}'}, of: failed, source: s}
      - {event: {b: 2}, elsewhere: true}
    expect:
      - {rule: failed, at: 1m, first: 0s, last: '2026-02-02T11:00:00Z', count: 2, severity: P1,
         group: {user: ann, ok: true, n: 5}}
    expect_not: [{}]
    until: 1h
    shuffle: true
  - {name: second, rules: [a, b], start: '2026-03-03T00:00:00Z', logsource: {product: aws}, expect: []}
"""

ONE = "tests: [{name: x, expect: []}]"
HUGE = f"{{event: {{a: 1}}, every: 1s, repeat: {MOST_SIGNALS}, each: 2}}"


def test_everything_that_can_be_written_is_read() -> None:
    read = read_tests("x.test.yml", GOOD)
    assert read.problems == ()
    first, second = read.tests
    stream, other = first.streams
    assert (first.rules, first.name, first.shuffle, first.fires) == (("failed",), "first", True, True)
    assert first.tables == {"known": ["a"], "other": ["b"]}
    assert (stream.every, stream.repeat, stream.each, stream.apart) == (5_000_000, 3, 2, 2_000_000)
    assert stream.record == {"who": {"name": "ann", "type": "role", "id": 7}}
    assert stream.cycle == (("user", ("ann", "ben")), ("n", ("u-{n}",)))
    assert (stream.days, stream.of, stream.source, stream.elsewhere) == ("weekdays", "failed", "s", False)
    assert (other.at, other.elsewhere, other.source) == (first.until - 3_600_000_000, True, "test")
    (wanted,) = first.expect or ()
    assert wanted.group == (("user", "ann"), ("ok", "true"), ("n", "5"))
    assert wanted.last == first.until
    assert (second.rules, second.logsource, second.fires) == (("a", "b"), (("product", "aws"),), False)
    assert second.start.month == 3


def test_several_documents_are_several_sets_of_tests() -> None:
    read = read_tests(
        "x", "rule: a\ntests: [{name: x, expect: []}]\n---\nrule: b\ntests: [{name: y, expect: []}]"
    )
    assert [test.rules for test in read.tests] == [("a",), ("b",)]
    assert read.tests[0].start == START


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("{expect: []}", "no `name`"),
        ("{name: ' ', expect: []}", "no `name`"),
        ("{name: x}", "expects nothing"),
        ("{name: x, expct: []}", "`expct` is unknown"),
        ("{name: x, expect: {}}", "must be a list"),
        ("{name: x, expect: [1]}", "must be a map"),
        ("{name: x, expect: [], events: [{}]}", "signal is empty"),
        ("{name: x, expect: [], events: [{like: nobody}]}", "no template `nobody`"),
        ("{name: x, expect: [], events: [{event: {a: 1}, repeat: 2}]}", "`repeat` needs `every`"),
        ("{name: x, expect: [], events: [{event: {a: 1}, days: sundays}]}", "`days: sundays` is unknown"),
        ("{name: x, expect: [], events: [{event: {a: 1}, cycle: {a: []}}]}", "cycles through nothing"),
        (f"{{name: x, expect: [], events: [{HUGE}]}}", "more than"),
        ("{name: x, expect: [], start: noon}", "neither a duration"),
    ],
)
def test_a_broken_test_is_told_with_its_line_and_the_next_one_is_read(broken: str, told: str) -> None:
    read = read_tests("x.yml", f"rule: a\ntests:\n  - {broken}\n  - {{name: good, expect: []}}\n")
    (problem,) = read.problems
    assert told in problem.reason
    assert (problem.path, problem.line, problem.rule) == ("x.yml", 3, "a")
    assert [test.name for test in read.tests] == ["good"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rule: a", "no `tests`"),
        ("[1]", "must be a map"),
        ("rule: [", "not valid YAML"),
        ("rule: a\ntemplates: {x: {like: y}}\ntests: []", "no template `y`"),
        ("tests: [{name: x, expect: []}]", "names no rule"),
    ],
)
def test_a_broken_file_is_told(text: str, told: str) -> None:
    (problem,) = read_tests("x.yml", text).problems
    assert told in problem.reason


def test_what_was_read_before_a_broken_document_stays() -> None:
    read = read_tests("x", "rule: a\ntests: [{name: x, expect: []}]\n---\n[")
    assert len(read.tests) == 1
    assert len(read.problems) == 1
