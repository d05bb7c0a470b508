from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from nouns import INCIDENT, NOON, an_action, an_exhibit
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    BreakGlass,
    Declaration,
    Demand,
    Repeat,
    Residual,
    Right,
    Undo,
)
from tocsin.evidence.gate import (
    EvidenceMissing,
    Lack,
    Missing,
    NeverDone,
    demand_allowed,
    demands_of,
    is_broken,
    missing,
    rule_for,
    unsealed,
)
from tocsin.evidence.policy import parse_evidence

POLICY = parse_evidence(
    """
before:
- {any: state-changing, keep: audit.snapshot}
- {any: ecs.scale, keep: logs.export, of: '{{ action.tasks }}'}
- {any: ssm.put, keep: ssm.document, of: '{{ action.parameter }}'}
never: [logs.delete]
""",
    "evidence.yml",
)
SNAPSHOT, LOGS = Demand(collector="audit.snapshot"), Demand(collector="logs.export", of="t1")


def declared(name: str = "aws.ecs.scale", **given: Any) -> Declaration:
    return Declaration(
        **{
            "name": name,
            "title": "Scale",
            "action_class": ActionClass.CONTAIN,
            "parameters": (),
            "repeat": Repeat.SAME_VALUE,
            "repeat_rule": "The same count.",
            "undo": Undo(does="Puts the count back."),
            "residual": Residual(remains="Nothing.", lasts=timedelta()),
            "blast": BlastRadius(unit="service"),
            "rights": (Right(name="ecs:UpdateService", why="To scale."),),
            **given,
        }
    )


def demands(
    declaration: Declaration, arguments: dict[str, Any] | None = None, **given: Any
) -> tuple[Demand, ...]:
    return demands_of(POLICY, declaration, [declaration.name], arguments or {}, **given)


def test_each_object_needs_an_exhibit_of_its_own() -> None:
    found = demands(declared(), objects={"tasks": ("t1", "t2")})
    assert found == (SNAPSHOT, LOGS, Demand(collector="logs.export", of="t2"))


def test_before_anybody_looked_any_exhibit_of_the_collector_is_asked_for() -> None:
    assert demands(declared()) == (SNAPSHOT, Demand(collector="logs.export"))


def test_where_no_object_is_touched_none_needs_an_exhibit() -> None:
    assert demands(declared(), objects={"tasks": ()}) == (SNAPSHOT,)


def test_an_argument_can_be_the_object() -> None:
    found = demands(declared("aws.ssm.put"), {"parameter": "/db"})
    assert Demand(collector="ssm.document", of="/db") in found
    assert Demand(collector="ssm.document") in demands(declared("aws.ssm.put"), {"parameter": ""})


def test_what_the_declaration_needs_comes_with_it_once() -> None:
    found = demands(declared(needs=("audit.snapshot", "acl.list")), objects={})
    assert found[:2] == (SNAPSHOT, Demand(collector="acl.list"))
    assert len([each for each in found if each == SNAPSHOT]) == 1


@pytest.mark.parametrize("action_class", [ActionClass.READ, ActionClass.NOTIFY, ActionClass.EVIDENCE])
def test_what_changes_nothing_needs_no_exhibit(action_class: ActionClass) -> None:
    assert demands(declared(action_class=action_class, needs=("a",))) == ()


def test_the_rule_behind_a_demand_is_found() -> None:
    assert rule_for(POLICY, declared(), ["aws.ecs.scale"], "logs.export") == POLICY.before[1]
    assert rule_for(POLICY, declared("x.y"), ["x.y"], "logs.export") is None


WHOLE = an_exhibit(1, collector="logs.export", covers="logs.export", of="t1")
GAP = an_exhibit(2, collector="logs.export", of="t1", gap="The partner did not answer.")
BY_HAND = an_exhibit(3, covers="logs.export", of="t1")


@pytest.mark.parametrize(
    ("exhibits", "sealed", "second", "lack"),
    [
        pytest.param((), (), False, Lack.NOT_KEPT, id="nothing was kept"),
        pytest.param((WHOLE,), (), False, Lack.NOT_SEALED, id="kept, not sealed"),
        pytest.param((WHOLE,), (1,), False, None, id="kept and sealed"),
        pytest.param((GAP,), (2,), False, Lack.ONLY_WITH_A_SECOND, id="a gap alone"),
        pytest.param((GAP,), (2,), True, None, id="a gap with a second consent"),
        pytest.param((GAP,), (), True, Lack.NOT_SEALED, id="a gap is sealed too"),
        pytest.param((BY_HAND,), (3,), False, Lack.ONLY_WITH_A_SECOND, id="by hand alone"),
        pytest.param((BY_HAND,), (3,), True, None, id="by hand with a second consent"),
        pytest.param((GAP, WHOLE), (2,), False, Lack.NOT_SEALED, id="a sealed gap is not the whole"),
    ],
)
def test_a_demand_is_met_by_a_sealed_exhibit(
    exhibits: tuple[Any, ...], sealed: tuple[int, ...], second: bool, lack: Lack | None
) -> None:
    found = missing((LOGS,), exhibits, sealed, has_second_consent=second)
    assert [each.lack for each in found] == ([] if lack is None else [lack])


def test_yesterdays_tasks_do_not_open_the_gate_for_todays() -> None:
    of_another = an_exhibit(1, collector="logs.export", of="t0")
    assert missing((LOGS,), (of_another,), (1,), has_second_consent=True)[0].lack is Lack.NOT_KEPT
    other_collector = an_exhibit(1, collector="audit.snapshot", of="t1")
    assert missing((LOGS,), (other_collector,), (1,), has_second_consent=True)


def test_a_demand_of_any_object_takes_any() -> None:
    assert missing((Demand(collector="logs.export"),), (WHOLE,), (1,), has_second_consent=False) == ()


@pytest.mark.parametrize(
    ("people", "reason", "broken"),
    [
        (("ada", "dana"), "Live harm.", True),
        (("ada",), "Live harm.", False),
        (("ada", "ada"), "Live harm.", False),
        (("ada", "token:ci"), "Live harm.", False),
        (("ada", "teammate:sre"), "Live harm.", False),
        (("ada", "dana"), " ", False),
    ],
)
def test_two_people_with_a_reason_break_the_glass(people: tuple[str, ...], reason: str, broken: bool) -> None:
    assert is_broken(POLICY, BreakGlass(people=people, reason=reason, at=NOON)) is broken


def test_glass_that_nobody_touched_is_whole() -> None:
    assert not is_broken(POLICY, None)


def test_what_is_never_done_is_refused_by_any_name() -> None:
    with pytest.raises(NeverDone, match=r"aws\.logs\.delete is never done"):
        demand_allowed(POLICY, "aws.logs.delete", ["aws.logs.delete"])
    demand_allowed(POLICY, "aws.ecs.scale", ["aws.ecs.scale"])


def test_the_refusal_lists_what_is_missing() -> None:
    refusal = EvidenceMissing("ACT-1", [Missing(demand=LOGS, lack=Lack.NOT_KEPT)])
    assert "logs.export of t1: not kept" in refusal.happened
    assert refusal.status == 409
    told = {"collector": "logs.export", "of": "t1", "lack": "not kept"}
    assert refusal.details == {"missing": [told]}
    assert Missing(demand=SNAPSHOT, lack=Lack.NOT_KEPT).words == "audit.snapshot: not kept"


def test_unsealed_exhibits_of_the_incident_are_named() -> None:
    other = an_exhibit(9, incident_id=an_action().action_id)
    action = an_action(incident_id=INCIDENT)
    assert unsealed(action, (WHOLE, GAP, other), [1]) == (GAP,)
