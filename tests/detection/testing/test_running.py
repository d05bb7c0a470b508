"""A test passes when the real engine says what it wants, however its signals are played."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.detection.engine import Plan
from tocsin.detection.problems import RuleProblem
from tocsin.detection.rules import load
from tocsin.detection.sigma.tables import read as read_tables
from tocsin.detection.testing import running

HEAD = "templates: {bad: {action: login, outcome: failure, user: ann}}\n"


def _file(rule: str, *tests: str) -> str:
    return f"rule: {rule}\n{HEAD}tests:\n" + "".join(f"  - {test}\n" for test in tests)


def test_a_count_fires_when_it_is_exceeded_and_not_before(play) -> None:
    results = play(
        _file(
            "many_failed",
            "{name: fires, shuffle: true, events: [{like: bad, every: 5m, repeat: 3}],"
            " expect: [{at: 10m, first: 0s, last: 10m, count: 3, severity: P1, group: {user: ann}}]}",
            "{name: quiet, events: [{like: bad, every: 5m, repeat: 2}], expect: []}",
            "{name: nothing at all, expect: []}",
        )
    )
    assert [(result.passed, result.fires) for result in results] == [
        (True, True),
        (True, False),
        (True, False),
    ]
    assert results[0].place == "x.test.yml:4:5"
    assert not any(result.is_broken for result in results)


def test_the_moment_of_each_of_many_alerts_is_found(play) -> None:
    wanted = ", ".join(f"{{at: {20 + n}s, count: 3, group: {{user: u{n + 1}}}}}" for n in range(10))
    stream = (
        "{like: bad, every: 1s, repeat: 30, cycle: {user: ["
        + ", ".join(f"u{n + 1}" for n in range(10))
        + "]}}"
    )
    (result,) = play(_file("many_failed", f"{{name: x, events: [{stream}], expect: [{wanted}]}}"))
    assert result.differences == ()


def test_only_the_alerts_of_the_named_rules_count(play) -> None:
    (alone,) = play(_file("failed", "{name: x, events: [{like: bad}], expect: [{count: 1, severity: P4}]}"))
    assert alone.differences == ()
    assert alone.rules == ("0c1d4f7e-0000-4000-8000-000000000001",)


def test_a_plain_rule_fires_with_its_first_signal_also_near_an_earlier_burst(play) -> None:
    test = "{name: x, events: [{like: bad, every: 61m, repeat: 2}], expect: [{at: 0s}, {at: 61m}]}"
    assert play(_file("failed", test))[0].differences == ()


def test_a_failure_says_what_differs_and_why(play) -> None:
    (result,) = play(
        _file("many_failed", "{name: x, events: [{like: bad, every: 1s, repeat: 2}], expect: [{}]}")
    )
    assert result.differences == (
        "line 4: expected an alert; did not come",
        "why: Failed Login holds for 2 of 2 signals",
        "why: Many Failed Logins, user=ann: measured 2, needs above 2 signals",
    )


def test_a_rule_of_two_sources_takes_signals_of_both(play) -> None:
    (result,) = play(
        _file(
            "both",
            "{name: x, events: [{like: bad, of: failed}, {at: 1m, of: export, event:"
            " {action: export, records: 500, user: ANN}}], expect: [{at: 1m, count: 2}]}",
        )
    )
    assert result.differences == ()


def test_an_unknown_rule_is_told_with_the_reason_why_it_is_not_loaded(play, rule_set) -> None:
    (result,) = play(_file("nobody", "{name: x, expect: []}"))
    assert (result.is_broken, result.differences) == (True, ("the rule `nobody` is not loaded.",))
    problem = RuleProblem(path="r", line=1, column=1, rule="nobody", reason="Bad.", next_step="Mend.")
    (told,) = play(_file("nobody", "{name: x, expect: []}"), replace(rule_set, problems=(problem,)))
    assert "Bad. Mend." in told.differences[0]


def test_a_signal_that_cannot_be_routed_breaks_the_test(play) -> None:
    (result,) = play(_file("both", "{name: x, events: [{like: bad}], expect: []}"))
    assert result.is_broken
    assert "line 4, column" in result.differences[0]


def test_a_level_without_a_severity_breaks_the_test(play, rule_set) -> None:
    (result,) = play(_file("failed", "{name: x, expect: []}"), rule_set, {})
    assert result.is_broken
    assert "for which no severity is set" in result.differences[0]


ABSENT = """
title: A
name: a
logsource: {category: deploy}
detection: {s: {kind: a}, condition: s}
level: low
---
title: B
name: b
logsource: {category: deploy}
detection: {s: {kind: b}, condition: s}
level: low
---
title: Never B
name: never
correlation: {type: temporal, rules: [a, b], group-by: [svc], timespan: 10m, condition: a and not b}
level: high
"""


def test_absence_is_decided_at_its_deadline_and_until_ends_what_is_heard(play) -> None:
    absent = load([("a", ABSENT)])
    assert absent.problems == ()
    begun = "{event: {kind: a, svc: x}}"
    done = "{at: 10m, event: {kind: b, svc: x}}"
    results = play(
        "rule: never\ntests:\n"
        f"  - {{name: missed, events: [{begun}], expect: [{{at: 10m, group: {{svc: x}}}}]}}\n"
        f"  - {{name: not decided yet, events: [{begun}], until: 9m, expect: []}}\n"
        f"  - {{name: done in time, events: [{begun}, {done}], expect: []}}\n",
        absent,
    )
    assert [result.differences for result in results] == [(), (), ()]


def test_a_heartbeat_is_missed_by_what_was_never_heard(play) -> None:
    services = read_tables([("t", "name: services\nkey: svc\nvalues: [shop]")], [])
    found = load([("a", ABSENT + "tocsin.heartbeat: {inventory: services}\n")], services)
    assert found.problems == ()
    test = "{name: x, until: 25m, events: [{event: {kind: b, svc: other}}], expect: [{group: {svc: shop}}]}"
    (result,) = play(f"rule: never\ntests:\n  - {test}\n", found)
    assert result.differences == ()


def test_raw_lines_must_be_judged_as_records_are(play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plan, "sift", lambda self, lines: [])
    (result,) = play(_file("failed", "{name: x, events: [{like: bad}], expect: [{}]}"))
    assert "signal 1 is judged otherwise as a raw line" in result.differences[0]


def test_a_rule_that_asks_for_the_hour_is_judged_with_it(play) -> None:
    calendar = "name: work\nzone: UTC\nweekly: {monday-friday: '09:00-17:00'}\n"
    text = (
        "title: Night\nname: night\nlogsource: {category: authentication}\nlevel: low\n"
        "detection: {s: {action: login}, condition: s}\ntocsin.lookup: {outside: work}\n"
    )
    found = load([("a", text)], read_tables([], [("c", calendar)]))
    test = "{name: x, events: [{like: bad}, {at: 12h, like: bad}], expect: [{count: 1, at: 0s}]}"
    assert play(_file("night", test), found)[0].differences == ()


def test_one_batch_and_other_orders_must_give_the_same(play, monkeypatch: pytest.MonkeyPatch) -> None:
    test = "{name: x, shuffle: true, events: [{like: bad, every: 1s, repeat: 4}], expect: [{}]}"
    monkeypatch.setattr(running._Run, "_at_once", lambda self, plan: ())
    (batch,) = play(_file("many_failed", test))
    assert batch.differences == ("the alerts differ when all signals come in one batch",)
    monkeypatch.undo()
    monkeypatch.setattr(running._Run, "_shuffled", lambda self, plan, number: ())
    (order,) = play(_file("many_failed", test))
    assert "in another order (order 1)" in order.differences[0]
