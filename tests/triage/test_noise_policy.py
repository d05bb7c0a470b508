"""Tests of reading noise.yml."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.triage.flapping import FlappingPolicy
from tocsin.triage.noise_policy import LONGEST, NoisePolicy, parse_noise

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "noise.yml"
RULE = """\
inhibit:
  - {name: outage, source: [alertname = Down], target: [severity = warning], equal: [cluster]}
"""


def test_the_shipped_policy_says_what_holds_without_one() -> None:
    shipped = parse_noise(SHIPPED.read_text("utf-8"), "noise.yml")
    assert shipped == NoisePolicy(path="noise.yml")
    assert shipped.longest == LONGEST
    assert shipped.flapping == FlappingPolicy()


def test_an_empty_file_changes_nothing() -> None:
    assert parse_noise("", "noise.yml") == NoisePolicy(path="noise.yml")


def test_a_rule_says_where_it_stands() -> None:
    (rule,) = parse_noise(RULE, "noise.yml").inhibit
    assert (rule.name, rule.place, rule.equal) == ("outage", "noise.yml, line 2", ("cluster",))
    assert [each.text for each in (*rule.source, *rule.target)] == ['alertname="Down"', 'severity="warning"']
    text = "inhibit: [{name: n, source: [a = b], target: [c = d]}]"
    assert parse_noise(text, "n").inhibit[0].equal == ()


def test_lengths_and_flapping_are_read() -> None:
    text = "silences: {longest: {P1: 1h}}\nflapping: {times: 6, within: 30m, calm: 20m}"
    policy = parse_noise(text, "noise.yml")
    assert policy.longest == {**LONGEST, Severity.P1: timedelta(hours=1)}
    assert policy.flapping == FlappingPolicy(
        times=6, within=timedelta(minutes=30), calm=timedelta(minutes=20)
    )


def test_a_file_can_guard_more_types_and_never_fewer() -> None:
    policy = parse_noise("silences: {guarded: [data-breach]}", "noise.yml")
    assert policy.guarded == {"security", "audit-integrity", "data-breach"}
    assert policy.is_guarded(Severity.P1, "data-breach")
    assert not policy.is_guarded(Severity.P2, "security")
    assert not policy.is_guarded(None, "security")
    assert not policy.is_guarded(Severity.P1, "drift")


@pytest.mark.parametrize(
    "text",
    [
        "inhibits: []",
        "inhibit: [{name: n, source: [], target: [a = b]}]",
        "inhibit: [{name: n, source: [a = b]}]",
        "silences: {longest: {P5: 1h}}",
        "silences: {longest: {P1: 0m}}",
        "flapping: {times: 1, within: 1m, calm: 1m}",
        "flapping: {times: 2.5, within: 1m, calm: 1m}",
        "flapping: {times: 21, within: 1m, calm: 1m}",
        "flapping: {times: 3, within: 1m}",
    ],
)
def test_a_mistake_is_found_with_its_line(text: str) -> None:
    with pytest.raises(PackProblem):
        parse_noise(text, "noise.yml")
