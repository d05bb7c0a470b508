"""A failed test is told with what each rule saw."""

from __future__ import annotations

from tocsin.detection.rules import RuleSet, load
from tocsin.detection.testing.reasons import reasons

CHAIN = """
title: Twice
name: twice
correlation: {type: event_count, rules: [many_failed], group-by: [user], timespan: 1d, condition: {gte: 2}}
level: high
"""


def _bad(make_signal, at: float, **more):
    return make_signal({"category": "authentication", "action": "login", "outcome": "failure", **more}, at)


def test_a_rule_that_holds_says_how_often(rule_set: RuleSet, make_signal) -> None:
    (told, *_) = reasons(rule_set, [], [_bad(make_signal, 0), make_signal({"category": "x"}, 1)])
    assert told == "why: Failed Login holds for 1 of 2 signals"


def test_a_rule_that_never_holds_names_the_nearest_signal_and_the_leaf(
    rule_set: RuleSet, make_signal
) -> None:
    near = make_signal({"category": "authentication", "action": "login", "outcome": "success"}, 0)
    (told, *_) = reasons(rule_set, [], [make_signal({"category": "x"}, 0), near])
    assert "signal 2 is nearest" in told
    assert "outcome equals 'failure' [is 'success']" in told


def test_without_signals_there_is_little_to_say(rule_set: RuleSet) -> None:
    assert "0 of 0 signals" in reasons(rule_set, [], [])[0]


def test_a_correlation_says_what_was_measured_and_what_it_needs(rule_set: RuleSet, make_signal) -> None:
    signals = [_bad(make_signal, n, user="ann") for n in range(2)] + [_bad(make_signal, 9)]
    told = reasons(rule_set, ["many_failed"], signals)
    assert "why: Many Failed Logins, user=ann: measured 2, needs above 2 signals" in told
    assert "why: Many Failed Logins: 1 signals lack a field of the group" in told


def test_a_group_of_all_has_no_name(make_signal, rule_text: str) -> None:
    found = load([("a", rule_text.replace(", group-by: [user], timespan: 1h", ", timespan: 1h"))])
    told = reasons(found, ["many_failed"], [_bad(make_signal, 0)])
    assert any("Many Failed Logins, all: measured 1" in line for line in told)


def test_a_chain_is_left_to_the_rules_below_it(rule_text: str, make_signal) -> None:
    found = load([("a", rule_text), ("b", CHAIN)])
    told = reasons(found, ["twice"], [_bad(make_signal, 0, user="ann")])
    assert not any("Twice" in line for line in told)
