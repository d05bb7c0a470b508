"""A dry run calls nobody, and lists what the real run calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nouns import NOON, an_incident
from run_world import CONTAINED, STOPPED, RunWorld
from tocsin.domain.action import Parameter, ParameterKind
from tocsin.flow.runs_plan import PlannedStep
from tocsin.oncall.messages import incident_key

ODD = """
runbook: odd
title: Odd ends
forbid: [fake.redeploy]
steps:
- {id: known, do: Known in the run only, run: fake.post, with: {text: '{{ nobody.knows }}'}}
- {id: never, do: Forbidden, run: fake.redeploy}
- {id: gone, do: Gone, run: nowhere.to_be_found}
- {id: late, do: Late, if: incident.age > 30m}
- {id: watch, repeat: {every: 15m, until: look.ok == 'yes'}, steps: [
   {id: look, do: Look, ask: {ok: [no, yes], why: text, seen: '{{ incident.name }}'}}]}
"""


def _plan(world: RunWorld, name: str, **answers: str) -> dict[str, PlannedStep]:
    steps = world.planning.plan(world.books[name], an_incident(1, opened_at=NOON), (), answers, NOON)
    return {step.spot.place: step for step in steps}


def _changes(steps: dict[str, PlannedStep]) -> list[tuple[str, Any]]:
    plans = [each.plan for step in steps.values() if step.applies for each in step.actions if each.plan]
    calls = [call for plan in plans for call in plan.calls if call.changes]
    return [(call.operation, {**call.parameters, "key": ""}) for call in calls]


def test_the_list_is_the_calls_of_the_real_run_and_nobody_is_called() -> None:
    world = RunWorld()
    planned = _plan(world, "contained", **{"ask.how": "hard"})
    assert world.partner.asked == []
    world.start()
    for _ in range(6):
        world.turn()
    done = [(call.operation, {**call.parameters, "key": ""}) for call in world.partner.changed]
    assert _changes(planned) == done
    reads = {call.operation for step in planned.values() for each in step.actions for call in each.plan.reads}
    assert reads <= {call.operation for call in world.partner.asked}


def test_each_step_shows_its_evidence_approvals_undo_and_residual() -> None:
    stop = _plan(RunWorld(), "contained")["sub.stop"]
    (action,) = stop.actions
    assert action.plan is not None
    assert [each.collector for each in action.plan.demands] == ["audit.snapshot", "logs.export"]
    assert action.plan.approvers == ("security-lead",)
    assert action.plan.undo_calls


def test_what_does_not_apply_by_the_answers_is_planned_all_the_same() -> None:
    planned = _plan(RunWorld(), "contained", **{"ask.how": "hard"})
    assert not planned["soft"].applies
    assert planned["soft"].actions[0].arguments == {"text": "softly"}
    assert "ask.how == 'soft'" in planned["soft"].reason
    assert _plan(RunWorld(), "contained", **{"ask.how": "soft"})["soft"].applies
    assert _plan(RunWorld(), "contained")["ask"].answers == {"how": "hard"}


def test_what_is_known_only_in_the_run_is_said_to_be_assumed() -> None:
    planned = _plan(RunWorld(books=(ODD,)), "odd")
    (known,) = planned["known"].actions
    assert (known.assumed, known.arguments) == (("text",), {"text": "known-when-run"})


def test_a_plan_goes_past_what_would_fail_and_says_why() -> None:
    planned = _plan(RunWorld(books=(ODD,)), "odd")
    assert planned["never"].reason == "The runbook forbids fake.redeploy."
    assert "is no action that is set up here" in planned["gone"].actions[0].problem
    assert planned["late"].applies
    look = planned["watch#1/look"]
    assert look.applies
    assert look.answers == {"ok": "no", "why": "an answer", "seen": "INC-1"}


def test_a_revert_is_planned_with_its_time() -> None:
    timed = STOPPED.replace("{count: 0}", "{count: 0, for: 24h}")
    stop = _plan(RunWorld(books=(CONTAINED, timed)), "contained")["sub.stop"]
    plan = stop.actions[0].plan
    assert plan is not None
    assert plan.reverts_after is not None
    assert replace(plan, reverts_after=None) != plan


def test_a_plan_names_the_incident_to_partners_as_the_run_would() -> None:
    world = RunWorld(books=(ODD,))
    key = Parameter(name="incident_key", kind=ParameterKind.TEXT, summary="Names the incident.")
    post = world.act.ground.performers["fake.post"]
    declaration = replace(post.declaration, parameters=(*post.declaration.parameters, key))
    world.act.ground.performers["fake.post"] = replace(post, declaration=declaration)  # type: ignore[index]
    (known,) = _plan(world, "odd")["known"].actions
    assert known.arguments["incident_key"] == incident_key(an_incident(1, opened_at=NOON))
    assert known.assumed == ("text",)
