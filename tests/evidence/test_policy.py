from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.domain.action import ActionClass
from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.evidence.policy import EvidencePolicy, is_named, parse_evidence

PACK = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "evidence.yml"


def parsed(text: str) -> EvidencePolicy:
    return parse_evidence(text, "evidence.yml")


def test_the_shipped_policy_holds_r2s_rules() -> None:
    policy = parse_evidence(PACK.read_text(), "evidence.yml")
    unbound = [rule.actions for rule in policy.before if rule.of is None]
    assert unbound == [("state-changing",)]
    assert policy.people == 2
    assert policy.review_days == 5
    assert policy.review_severities == {Severity.P1, Severity.P2, Severity.P3}
    assert policy.forbids(["aws.cloudtrail.stop"])
    assert not policy.forbids(["aws.ecs.scale"])
    assert "logs.export" in policy.collectors


def test_an_empty_file_is_a_policy_that_asks_for_little() -> None:
    policy = parsed("")
    assert policy.before == ()
    assert policy.people == 2
    assert policy.review_days == 5


@pytest.mark.parametrize(
    ("name", "action_class", "is_meant"),
    [
        pytest.param("aws.ecs.scale", ActionClass.CONTAIN, True, id="a name without its prefix"),
        pytest.param("ecs.scale", ActionClass.READ, True, id="the very name"),
        pytest.param("aws.decs.scale", ActionClass.READ, False, id="a name that only ends alike"),
        pytest.param("x.y", ActionClass.ERADICATE, True, id="a class"),
        pytest.param("x.y", ActionClass.RECOVER, False, id="another class"),
    ],
)
def test_a_rule_is_about_names_and_classes(name: str, action_class: ActionClass, is_meant: bool) -> None:
    rule = parsed("before: [{any: [ecs.scale, eradicate], keep: logs.export}]").before[0]
    assert rule.is_about([name], action_class) is is_meant


@pytest.mark.parametrize("action_class", list(ActionClass))
def test_state_changing_is_every_containment_and_nothing_else(action_class: ActionClass) -> None:
    rule = parsed("before: [{any: state-changing, keep: [a, b]}]").before[0]
    assert rule.is_about(["x.y"], action_class) is action_class.is_containment


def test_an_opening_has_a_condition_and_arguments() -> None:
    opening = parsed("open: [{keep: a, if: incident.severity == 'P1', with: {n: '{{ incident.number }}'}}]")
    assert opening.opening[0].condition is not None
    assert opening.opening[0].arguments == {"n": "{{ incident.number }}"}
    assert opening.collectors == {"a"}


def test_names_are_found_by_any_of_theirs() -> None:
    assert is_named(["idp.disable_user", "entra.disable_user"], ["entra.disable_user"])
    assert not is_named([], ["a"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("befor: []", "not known here"),
        ("label: [description, exported_by]", "`incident_date` is missing"),
        ("label: [incident_date, description, exported_by, colour]", "`colour` is not possible"),
        ("before: [{any: [], keep: a}]", "the list is empty"),
        ("before: [{any: a, keep: b, of: action.tasks}]", "an expression is expected"),
        ("before: [{any: a, keep: b, of: '{{ action. }}'}]", "the expression is wrong"),
        ("before: [{any: a, keep: b, with: {x: '{{ = }}'}}]", "the expression is wrong"),
        ("open: [{keep: b, if: '=='}]", "the expression is wrong"),
        ("override: {people: 1}", "`1` people cannot break the glass"),
        ("override: {people: 2.5}", "`2.5` people"),
        ("override: {people: 2, reason: optional}", "`optional` is not possible"),
        ("override: {people: 2, not: always}", "`always` is not possible"),
        ("review: {due: soon, severity: [P1]}", "`soon` is no time"),
        ("review: {due: 5 business days, severity: [P9]}", "`P9` is not possible"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(PackProblem, match=says) as refused:
        parsed(text)
    assert refused.value.line == 1


def test_a_rule_may_say_what_its_collector_is_told() -> None:
    policy = parsed(
        "before: [{any: a, keep: b, of: '{{ action.tasks }}', with: {task: '{{ of }}'}}]\n"
        "override: {people: 3, reason: required, not: never}\n"
        "review: {due: 3 business days, severity: [P1]}"
    )
    assert policy.before[0].arguments == {"task": "{{ of }}"}
    assert (policy.people, policy.review_days) == (3, 3)
    assert parsed("override: {people: 2}").people == 2
