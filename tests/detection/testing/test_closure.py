"""A test gets the rules it needs and no others."""

from __future__ import annotations

import pytest

from tocsin.detection.rules import RuleSet, load
from tocsin.detection.testing import closure

RATIO = """
title: Share
name: share
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 1h, condition: {gte: 1}}
tocsin.ratio: {of: [export], min: 1, gt: 0.5}
level: low
"""


def test_a_rule_has_all_its_names(rule_set: RuleSet) -> None:
    known = closure.named(rule_set)
    assert known["failed"] is known["Failed Login"] is known["0c1d4f7e-0000-4000-8000-000000000001"]


def test_a_correlation_brings_the_rules_it_is_made_from(rule_set: RuleSet) -> None:
    part = closure.needed(rule_set, ["many_failed", "Many Failed Logins"])
    assert [rule.header.name for rule in part.rules] == ["failed"]
    assert [each.header.name for each in part.correlations] == ["many_failed"]
    assert set(closure.sources(part)) == {"failed", "Failed Login", "0c1d4f7e-0000-4000-8000-000000000001"}


def test_a_rule_alone_brings_no_correlation(rule_set: RuleSet) -> None:
    assert closure.needed(rule_set, ["failed"]).correlations == ()


def test_a_ratio_brings_what_it_is_a_share_of(rule_text: str) -> None:
    found = load([("a", rule_text), ("b", RATIO)])
    assert {rule.header.name for rule in closure.needed(found, ["share"]).rules} == {"failed", "export"}


def test_an_unknown_name_is_told(rule_set: RuleSet) -> None:
    with pytest.raises(closure.Unknown, match="nobody"):
        closure.needed(rule_set, ["nobody"])


def test_a_rule_that_only_feeds_is_silent(rule_set: RuleSet, rule_text: str) -> None:
    assert closure.silent(rule_set) == {"0c1d4f7e-0000-4000-8000-000000000001", "export"}
    loud = load([("a", rule_text.replace("condition: {gt: 2}}", "condition: {gt: 2}, generate: true}"))])
    assert closure.silent(loud) == {"export"}
