"""Tests of reading the triage policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.triage.policy import parse_policy

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "triage.yml"
HEAD = """\
defaults: {severity: P3, group_by: [alertname, service|job], services_from: [service]}
types:
  security: {resolve_when_quiet: false, group_by: [rule_id]}
  unknown: {resolve_when_quiet: true}
"""


def test_the_shipped_policy_has_every_type_of_the_design() -> None:
    policy = parse_policy(SHIPPED.read_text("utf-8"), "packs/baseline/triage.yml")
    quiet = {name: one.resolve_when_quiet for name, one in policy.types.items()}
    assert quiet == {
        "drift": True,
        "security": False,
        "agent-violation": False,
        "data-breach": False,
        "quality-degradation": True,
        "deployment-failure": True,
        "service-degradation": True,
        "cost-overrun": True,
        "audit-integrity": False,
        "unknown": True,
    }
    assert [name for name, one in policy.types.items() if one.only_people_close] == ["audit-integrity"]


def test_a_policy_is_read_with_the_lines_of_its_rules() -> None:
    rules = """\
rules:
  - name: ours
    when: {source: detection, labels: ["team = web"]}
    type: security
  - {name: loud, when: {labels: [a = b]}, severity: none}
"""
    policy = parse_policy(HEAD + rules, "t.yml")
    ours, loud = policy.rules
    assert (ours.line, ours.type, ours.verdict) == (6, "security", None)
    assert ours.source is not None
    assert ours.source.matches({"source": "detection"})
    assert loud.source is None
    assert loud.verdict is not None
    assert loud.verdict.severity is None
    assert policy.default_severity is Severity.P3
    assert policy.group_by.parts == (("alertname",), ("service", "job"))
    assert policy.types["security"].group_by is not None
    assert policy.group_by_of_source == {}


def test_a_type_that_left_the_file_stays_open_until_a_person_decides() -> None:
    policy = parse_policy(HEAD + "rules: []\n", "t.yml")
    assert policy.type_policy("gone").resolve_when_quiet is False
    assert policy.type_policy("unknown").resolve_when_quiet is True


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        pytest.param(HEAD, "`rules` is missing", 1, id="no rules"),
        pytest.param(
            HEAD.replace("unknown", "other") + "rules: []\n", "`unknown` is missing", 3, id="no unknown type"
        ),
        pytest.param(
            HEAD.replace("{resolve_when_quiet: true}", "{resolve_when_quiet: true, only_people_close: true}")
            + "rules: []\n",
            "cannot end by itself",
            4,
            id="only people, and by itself",
        ),
        pytest.param(
            HEAD.replace("P3", "none") + "rules: []\n", "default severity is none", 1, id="a silent default"
        ),
        pytest.param(
            HEAD.replace("service|job", "service|") + "rules: []\n", "an empty label", 1, id="half a bar"
        ),
        pytest.param(
            HEAD.replace("[rule_id]", "[]") + "rules: []\n", "no label is named", 3, id="group by nothing"
        ),
        pytest.param(
            HEAD + "rules:\n  - {name: n, when: {source: x}}\n",
            "neither type nor severity",
            6,
            id="no outcome",
        ),
        pytest.param(
            HEAD + "rules:\n  - {name: n, when: {}, severity: P1}\n", "no condition", 6, id="no condition"
        ),
        pytest.param(
            HEAD + "rules:\n  - {name: n, when: {source: x}, type: odd}\n",
            "`odd` is not possible",
            6,
            id="unknown type",
        ),
        pytest.param(HEAD + "rules:\n  - {name: n, then: P1}\n", "`then` is not known", 6, id="unknown key"),
    ],
)
def test_a_mistake_is_refused_at_its_place(text: str, said: str, line: int) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        parse_policy(text, "t.yml")
    assert caught.value.line == line
