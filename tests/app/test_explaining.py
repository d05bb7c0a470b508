"""A rule is explained on the signals of a file: the named one, those that hold, or the nearest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tocsin.app import explaining
from tocsin.app.explaining import SHOWN, on_all, on_signals, place_of, rule_named
from tocsin.detection.engine import compile_plan, latest
from tocsin.detection.problems import RuleRejected
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.state import WindowState
from tocsin.domain.errors import NotFound
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

LEVELS = {"low": Severity.P4}
RULES = """
title: Failed Login
name: failed
logsource: {category: web}
detection: {s: {a: 1, b: 1}, condition: s}
level: low
---
title: Other Login
name: other
logsource: {category: web}
detection: {s: {a: 2}, condition: s}
level: low
---
title: Twice
name: twice
correlation: {type: event_count, rules: [failed], group-by: [u], timespan: 1m, condition: {gte: 2}}
level: low
---
title: Chained
name: chained
correlation: {type: temporal, rules: [twice, other], group-by: [u], timespan: 1h}
level: low
"""


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    found = load([("r", RULES)])
    assert found.problems == ()
    return found


def _signals(*records: dict[str, Any]) -> list[Signal]:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    return [
        Signal(
            raw=b"",
            record={"category": "web", **record},
            time=start + timedelta(seconds=number),
            source="f",
            position=number,
        )
        for number, record in enumerate(records, 1)
    ]


def test_a_place_is_a_file_or_a_line_of_it(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.touch()
    assert (place_of(str(file)).path, place_of(str(file)).line) == (file, 0)
    assert place_of(f"{file}:7").line == 7
    odd = tmp_path / "a.ndjson:7"
    odd.touch()
    assert place_of(str(odd)).path == odd
    for wrong in (f"{file}:x", str(tmp_path / "none"), f"{tmp_path}/none:7"):
        with pytest.raises(NotFound):
            place_of(wrong)


def test_a_rule_is_named_by_any_of_its_names_or_the_only_title_that_fits(rules: RuleSet) -> None:
    assert rule_named(rules, "failed") is rule_named(rules, "Failed Login") is rule_named(rules, "failed log")
    with pytest.raises(NotFound, match="2 rules have 'login'"):
        rule_named(rules, "login")
    with pytest.raises(NotFound, match="No rule is named 'zzz'"):
        rule_named(rules, "zzz")


def test_the_named_line_is_explained(rules: RuleSet) -> None:
    signals = _signals({"a": 1}, {"a": 1, "b": 1})
    (one,) = on_signals(rules.rules[0], signals, 1)
    assert not one.reason.holds
    with pytest.raises(NotFound, match="no signal at line 9"):
        on_signals(rules.rules[0], signals, 9)


def test_hits_come_first_else_the_nearest(rules: RuleSet) -> None:
    hits = on_signals(rules.rules[0], _signals({"a": 1}, *[{"a": 1, "b": 1}] * 5), 0)
    assert [each.signal.position for each in hits] == [2, 3, 4]
    assert len(hits) == SHOWN
    elsewhere = {"category": "other", "a": 1, "b": 1}
    missed = on_signals(rules.rules[0], _signals(elsewhere, {}, {"a": 1}), 0)
    assert [each.signal.position for each in missed] == [3, 2, 1]


def test_a_correlation_is_explained_on_all_signals(rules: RuleSet) -> None:
    twice = rules.correlations[0]
    reason = on_all(twice, rules, _signals({"a": 1, "b": 1, "u": "x"}, {"a": 1, "b": 1, "u": "x"}), LEVELS)
    assert reason.holds
    assert reason.groups[0].group == (("u", "x"),)


def test_alerts_of_inner_correlations_count_as_signals(rules: RuleSet) -> None:
    chained = next(each for each in rules.correlations if each.header.name == "chained")
    bad = {"a": 1, "b": 1, "u": "x"}
    assert on_all(chained, rules, _signals(bad, bad, {"a": 2, "u": "x"}), LEVELS).holds
    lonely = on_all(chained, rules, _signals(bad, {"a": 2, "u": "x"}), LEVELS)
    assert not lonely.holds
    assert on_all(chained, rules, [], LEVELS).groups == ()


def test_a_signal_of_two_rules_counts_for_both() -> None:
    text = RULES.replace("{s: {a: 2}, condition: s}", "{s: {a: 1}, condition: s}").split("title: Twice")[0]
    both = "title: Both\nlevel: low\ncorrelation: {type: temporal, rules: [failed, other], timespan: 1m}\n"
    found = load([("r", text + both)])
    reason = on_all(found.correlations[0], found, _signals({"a": 1, "b": 1}), LEVELS)
    assert reason.groups[0].steps[0].rules == ("failed", "other")


def _with(inner: str, more: str = "") -> RuleSet:
    basics = RULES.split("title: Twice")[0]
    found = load([("r", f"{basics}title: C\nlevel: low\ncorrelation: {{{inner}}}\n{more}")])
    assert found.problems == ()
    return found


def _users(found: RuleSet, signals: list[Signal]) -> tuple[set[str], set[str]]:
    """Return the users for whom a correlation is explained to hold, and those whom the engine alerts."""
    reason = on_all(found.correlations[-1], found, signals, LEVELS)
    explained = {dict(group.group)["u"] for group in reason.groups if group.holds}
    plan = compile_plan(found, levels=LEVELS)
    judged = plan.judge(WindowState(), signals)
    alerts = latest([*judged.alerts, *plan.finish(judged.state).alerts])
    return explained, {dict(alert.group)["u"] for alert in alerts if alert.rule_title == "C"}


FIRST, SECOND = {"a": 1, "b": 1}, {"a": 2}
COUNTED = "type: event_count, rules: [failed], group-by: [u], timespan: 5s, condition: {gte: 1}"


def test_a_negated_condition_holds_for_whom_it_alerts() -> None:
    found = _with(
        "type: temporal, rules: [failed, other], group-by: [u], timespan: 5s, condition: failed and not other"
    )
    started = [{**FIRST, "u": "bob"}, {**FIRST, "u": "cat"}, {**SECOND, "u": "cat"}]
    signals = _signals(*started, *[{"u": "z"}] * 100)
    assert _users(found, signals) == ({"bob"}, {"bob"})


@pytest.mark.parametrize(
    "extension",
    [
        "tocsin.ratio: {of: [failed, other], min: 50, gt: 0.1}",
        "tocsin.baseline: {history: 28d, season: none, method: tail, p: 5.0e-4, min: 1, warmup: 1d}",
        "tocsin.for: 1h",
    ],
)
def test_what_an_extension_keeps_back_does_not_hold(extension: str) -> None:
    signals = _signals(*[{**FIRST, "u": "bob"}] * 3, {**SECOND, "u": "bob"})
    assert _users(_with(COUNTED, extension), signals) == (set(), set())
    assert _users(_with(COUNTED), signals) == ({"bob"}, {"bob"})


def test_a_new_value_in_warm_up_does_not_hold() -> None:
    inner = "type: value_count, rules: [failed], group-by: [u], timespan: 5s, condition: {field: ip, gte: 1}"
    new = _with(inner, "tocsin.new_value: {field: ip, history: 30d, warmup: 7d}")
    assert _users(new, _signals({**FIRST, "u": "bob", "ip": "192.0.2.1"})) == (set(), set())


def test_a_rule_that_only_feeds_others_is_judged_by_itself(rules: RuleSet) -> None:
    bad = {**FIRST, "u": "x"}
    twice = next(each for each in rules.correlations if each.header.name == "twice")
    assert on_all(twice, rules, _signals(bad, bad), LEVELS).holds
    assert not on_all(twice, rules, _signals(bad), LEVELS).holds


def test_many_signals_are_judged_in_batches(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "SIGNALS_AT_ONCE", 1)
    bad = {**FIRST, "u": "x"}
    assert on_all(rules.correlations[0], rules, _signals(bad, bad), LEVELS).holds


BROKEN = """title: Whole
name: whole
logsource: {category: web}
detection: {s: {a: 1}, condition: s}
level: low
---
title: Bad One
name: 'bad_one'
id: 31111111-1111-4111-8111-1111111100aa
logsource: {category: web}
detection: {s: {a|zzz: 1}, condition: s}
level: low
"""


@pytest.mark.parametrize("word", ["bad_one", "Bad One", "31111111-1111-4111-8111-1111111100aa"])
def test_a_rule_that_was_not_loaded_says_why(word: str, tmp_path: Path) -> None:
    file = tmp_path / "r.yml"
    file.write_text(BROKEN)
    found = load([(str(file), BROKEN)])
    with pytest.raises(RuleRejected, match=r"r\.yml:11:\d+: The modifier `zzz` is unknown"):
        rule_named(found, word)
    with pytest.raises(NotFound):
        rule_named(found, "another")


def test_a_rule_file_that_is_gone_or_shorter_names_no_rule(tmp_path: Path) -> None:
    file = tmp_path / "r.yml"
    found = load([(str(file), BROKEN)])
    with pytest.raises(NotFound):
        rule_named(found, "bad_one")
    file.write_text("name: bad_one\n")
    with pytest.raises(NotFound):
        rule_named(found, "bad_one")
