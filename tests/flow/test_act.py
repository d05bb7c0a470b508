"""An action from the asking to the undo, in a world that is killed nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from acting_world import POST, TEXT, World, ask, call, consent, do
from nouns import an_action
from tocsin.domain.acting import Outcome
from tocsin.domain.action import ActionClass, ActionState, Door
from tocsin.domain.errors import NotFound
from tocsin.evidence.gate import EvidenceMissing, NeverDone
from tocsin.flow.act import PLANNED_INCIDENT
from tocsin.flow.act_consenting import ActionRefused
from tocsin.flow.act_performing import SOURCE
from tocsin.response.arguments import ArgumentsWrong
from tocsin.response.executing import PROPOSED_FOR
from tocsin.response.limits import LimitReached
from tocsin.response.stops import ResponseStopped


@pytest.fixture
def world() -> World:
    return World()


def test_evidence_first_then_consent_then_once(world: World) -> None:
    done = do(world)
    assert (done.state, done.verified, world.partner.count) == (ActionState.DONE, True, 0)
    assert [call.operation for call in world.partner.changed] == ["set_count"]
    kinds = [kind for kind in world.kinds() if kind.startswith("action.")]
    assert kinds == ["action.proposed", "action.approved", "action.begun", "action.done"]
    assert world.ended == [("ACT-1", "done")]


@pytest.mark.parametrize(
    "door", [Door.CONSOLE, Door.API, Door.CLI, Door.RUNBOOK, Door.TEAMMATE, Door.STANDING]
)
def test_no_door_leads_around_the_gate(world: World, door: Door) -> None:
    ask(world, door=door)
    world.run()
    consent(world)
    world.run()
    assert world.action().state is ActionState.PROPOSED
    assert world.partner.changed == []
    with pytest.raises(EvidenceMissing, match="not sealed yet"):
        world.act.demand_ready(1)


def test_a_secret_is_nowhere_in_the_clear(world: World) -> None:
    ask(world, arguments={"count": 0, "token": "hunter2-secret"})
    world.ready()
    consent(world)
    world.run()
    assert "hunter2-secret" not in world.log() + world.texts() + repr(world.action())
    assert all(b"hunter2-secret" not in each for each in world.locker.kept.values())


def test_the_timeline_tells_what_is_to_be_done_to_whom(world: World) -> None:
    ask(world, "fake.post", arguments={"text": "198.51.100.7\n" + "x" * 200})
    assert "through console with text: 198.51.100.7 xxx" in world.texts()
    assert "x…." in world.texts()
    assert "x" * 180 not in world.texts()


def test_what_the_undo_needs_lies_sealed_in_the_locker(world: World) -> None:
    do(world)
    assert world.action().kept in world.locker.kept
    assert b"count" not in world.locker.kept[world.action().kept]


def test_asked_for_again_it_is_the_same_action(world: World) -> None:
    first, second = ask(world), ask(world)
    assert first.number == second.number
    assert ask(world, by="ada").number == 2
    assert ask(world, arguments={"count": 1}).number == 3
    # Another time, or none, is another action.
    times = [ask(world, revert_after=timedelta(hours=hours)).number for hours in (1, 5, 1)]
    assert times == [4, 5, 4]
    assert ask(world).number == 1


def test_an_action_is_taken_back_by_one_of_its_own_with_the_same_gate(world: World) -> None:
    do(world)
    undo = world.act.undo(1, by="ben", door=Door.CONSOLE, reason="Over.")
    assert (undo.action_class, undo.approvers) == (ActionClass.RECOVER, ("approver",))
    with pytest.raises(ActionRefused, match="being undone"):
        world.act.undo(1, by="ben", door=Door.CONSOLE)
    world.ready()
    consent(world, 2)
    world.run()
    assert world.partner.count == 2
    assert (world.action(2).state, world.action(2).verified) == (ActionState.DONE, True)
    assert world.action().state is ActionState.UNDONE
    assert world.action().undone_by == undo.action_id
    assert ("ACT-1", "undone") in world.ended
    with pytest.raises(ActionRefused, match="nothing to undo"):
        world.act.undo(1, by="ben", door=Door.CONSOLE)


def test_what_has_no_undo_says_so(world: World) -> None:
    do(world, "fake.redeploy")
    with pytest.raises(ActionRefused, match="What was done is done"):
        world.act.undo(1, by="ben", door=Door.CONSOLE)


def test_after_its_time_an_action_takes_itself_back_without_asking_anybody(world: World) -> None:
    do(world, revert_after=timedelta(minutes=5))
    assert world.action().reverts_at is not None
    world.push(290)
    assert world.partner.count == 0
    world.push(20)
    world.seal()
    world.push(5)
    assert world.partner.count == 2
    assert (world.action(2).door, world.action(2).proposed_by) == (Door.TIMER, "tocsin")
    assert world.action(1).state is ActionState.UNDONE
    assert world.alarms == []


def test_one_that_was_taken_back_early_is_not_taken_back_twice(world: World) -> None:
    do(world, revert_after=timedelta(minutes=5))
    world.act.undo(1, by="ben", door=Door.CONSOLE)
    world.ready()
    consent(world, 2)
    world.run()
    world.push(400)
    with world.memory.reading() as shelves:
        assert len(shelves.actions.listed()) == 2


def test_a_revert_that_cannot_be_done_pages(world: World) -> None:
    do(world, revert_after=timedelta(minutes=5))
    world.gaps = lambda collector: "It hung."
    # Other tasks run by then, and their logs cannot be exported.
    world.partner.tasks = ["t9"]
    world.push(301)
    world.seal()
    world.push(PROPOSED_FOR.total_seconds())
    assert world.action(2).state is ActionState.EXPIRED
    assert world.alarms == ["ACT-2 (fake.scale) could not be taken back at its time"]


def test_what_can_never_be_undone_has_no_time(world: World) -> None:
    with pytest.raises(ArgumentsWrong, match="take itself back"):
        ask(world, "fake.redeploy", revert_after=timedelta(hours=1))
    with pytest.raises(ArgumentsWrong):
        ask(world, revert_after=timedelta())


def test_what_is_never_done_is_refused_and_the_refusal_is_in_the_log(world: World) -> None:
    with pytest.raises(NeverDone):
        ask(world, "fake.logs.delete")
    assert world.kinds() == ["action.refused"]
    assert '"action_never"' in world.log()


def test_a_runbook_may_forbid_an_action(world: World) -> None:
    with pytest.raises(ActionRefused, match=r"forbids fake\.scale"):
        ask(world, door=Door.RUNBOOK, forbid=("fake.scale",))


def test_a_limit_refuses_at_once(world: World) -> None:
    for _ in range(10):
        with world.memory.transaction() as shelves:
            number = shelves.actions.next_number()
            when = {"begun_at": world.clock.now(), "incident_id": world.incident}
            shelves.actions.add(an_action(number=number, name="fake.poke", **when))
    object.__setattr__(world.act.ground.limits, "service_per_hour", 5)
    with pytest.raises(LimitReached, match="actions of fake began"):
        ask(world)


def test_unknown_names_are_not_found_and_a_prefix_may_be_left_out(world: World) -> None:
    with pytest.raises(NotFound, match="is no action"):
        ask(world, "fake.nothing")
    with pytest.raises(NotFound, match="There is no such incident"):
        world.act.ask(uuid4(), "fake.scale", {"count": 0}, by="ben", door=Door.CONSOLE)
    assert ask(world, "scale", arguments={"count": 0}).name == "fake.scale"


def test_a_withdrawn_proposal_does_nothing_any_more(world: World) -> None:
    ask(world)
    world.act.withdraw(1, "ben", "It stopped.")
    world.ready()
    assert world.action().state is ActionState.WITHDRAWN
    assert world.partner.changed == []
    assert world.ended == [("ACT-1", "withdrawn")]


def test_a_plan_calls_nothing(world: World) -> None:
    plan = world.act.plan("fake.scale", {"count": 0}, door=Door.CLI)
    assert world.partner.asked == []
    assert [each.operation for each in plan.calls] == ["set_count", "get_count"]
    assert [(each.collector, each.of) for each in plan.demands] == [
        ("audit.snapshot", ""),
        ("logs.export", "t1"),
    ]
    assert plan.approvers == ("approver",)


def test_a_plan_of_no_incident_still_names_one_to_partners(world: World) -> None:
    key = replace(TEXT, name="incident_key", required=False)
    declaration = replace(POST.declaration, parameters=(TEXT, key))

    def posted(arguments, kept, idempotency_key):
        yield call("post", changes=True, text=arguments["incident_key"])
        return Outcome(text="Posted.")

    world.act.ground.performers["fake.post"] = replace(POST, declaration=declaration, perform=posted)  # type: ignore[index]
    (made, *_) = world.act.plan("fake.post", {"text": "Hello"}, door=Door.CLI).calls
    assert made.parameters["text"] == PLANNED_INCIDENT


def test_what_an_action_waits_for_is_refused_with_its_own_words(world: World) -> None:
    ask(world)
    with pytest.raises(EvidenceMissing):
        world.act.demand_ready(1)
    world.ready()
    with pytest.raises(ActionRefused, match="Consent is missing: approver"):
        world.act.demand_ready(1)
    world.stopping.stop("ada", "Wild.")
    with pytest.raises(ResponseStopped):
        world.act.demand_ready(1)
    world.stopping.start("ada")
    consent(world)
    world.run()
    assert world.act.demand_ready(1).state is ActionState.DONE


def test_what_needs_nobody_begins_by_itself(world: World) -> None:
    ask(world, "fake.post", arguments={"text": "Hello"})
    world.run()
    assert world.partner.notes == ["Hello"]


def test_the_alarms_source_is_ours() -> None:
    assert SOURCE.startswith("tocsin:")


def test_a_revert_that_no_worker_knows_any_more_calls_people(world: World) -> None:
    do(world, revert_after=timedelta(minutes=5))
    object.__setattr__(world.act.ground, "performers", {})
    world.push(301)
    assert world.alarms == ["ACT-1 (fake.scale) may have taken effect"]
