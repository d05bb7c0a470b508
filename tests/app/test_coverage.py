"""Coverage tells rules that exist from those whose data comes in and those that are tested."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tocsin.app.coverage import Covered, by_source, by_technique, coverings, layer, named, sighted
from tocsin.detection.rules import load
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.testing.result import Kind, Result
from tocsin.domain.signal import Signal

RULES = """
title: Web
name: web
logsource: {category: web}
detection: {s: {a: 1}, condition: s}
tags: [attack.t1110, attack.T1110.001, attack.credential-access]
level: low
---
title: Cloud
name: cloud
logsource: {product: aws, service: cloudtrail}
detection: {s: {a: 1}, condition: s}
tags: [attack.t1110]
level: low
---
title: Fed
name: fed
logsource: {category: mail}
detection: {s: {a: 1}, condition: s}
tags: [attack.t9999]
level: low
---
title: Both
name: both
correlation: {type: temporal, rules: [fed], timespan: 1m}
tags: [attack.t1566]
level: low
"""


def _signal(record: dict[str, Any]) -> Signal:
    return Signal(raw=b"", record=record, time=datetime(2026, 1, 5, tzinfo=UTC), source="s", position=1)


def _result(rule: str, *differences: str, fires: bool = True) -> Result:
    return Result(
        kind=Kind.OURS,
        path="t",
        line=1,
        column=1,
        rules=(rule,),
        name="x",
        differences=differences,
        fires=fires,
    )


WEB = _signal({"category": "web"})
RESULTS = [_result("web"), _result("cloud"), _result("cloud", "bad"), _result("both", fires=False)]


def test_each_technique_has_its_rules_their_data_and_their_tests() -> None:
    found = by_technique(coverings(load([("r", RULES)]), RESULTS, sighted([WEB, WEB])))
    assert {
        each.name: (each.rules, each.with_data, each.tested, each.whole, each.state) for each in found
    } == {
        "T1110": (2, 1, 1, 1, "whole"),
        "T1110.001": (1, 1, 1, 1, "whole"),
        "T1566": (1, 0, 0, 0, "rule"),
    }


def test_rules_that_only_feed_are_left_out_and_their_source_is_the_correlations() -> None:
    found = coverings(load([("r", RULES)]), [], sighted([_signal({"category": "mail"})]))
    assert [each.title for each in found] == ["Web", "Cloud", "Both"]
    assert found[2].has_data


def test_each_log_source_has_its_rules() -> None:
    found = by_source(coverings(load([("r", RULES)]), RESULTS, sighted([])))
    assert [(each.name, each.rules, each.state) for each in found] == [
        ("aws/cloudtrail", 1, "rule"),
        ("mail", 1, "rule"),
        ("web", 1, "tested"),
    ]
    assert named(LogSource()) == "any"


def test_a_state_is_the_best_that_can_be_said() -> None:
    def state(with_data: int, tested: int, whole: int) -> str:
        return Covered(name="x", rules=2, with_data=with_data, tested=tested, whole=whole).state

    assert [state(0, 0, 0), state(0, 1, 0), state(1, 1, 0), state(1, 1, 1)] == [
        "rule",
        "tested",
        "data",
        "whole",
    ]


def test_the_navigator_reads_the_layer() -> None:
    written = layer(by_technique(coverings(load([("r", RULES)]), RESULTS, sighted([WEB]))))
    assert json.loads(json.dumps(written)) == written
    assert written["domain"] == "enterprise-attack"
    assert [(each["techniqueID"], each["score"]) for each in written["techniques"]] == [
        ("T1110", 4),
        ("T1110.001", 4),
        ("T1566", 1),
    ]
