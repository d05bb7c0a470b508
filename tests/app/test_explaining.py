"""A rule is explained on the signals of a file: the named one, those that hold, or the nearest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tocsin.app.explaining import SHOWN, on_all, on_signals, place_of, rule_named
from tocsin.detection.rules import RuleSet, load
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
