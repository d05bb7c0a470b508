"""Before the first changing call: looks, evidence of these very objects, expiry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from acting_world import Killed, World, ask, at_once, consent, count_before
from tocsin.domain.acting import CallFailed
from tocsin.domain.action import ActionState, Door
from tocsin.domain.exhibit import CustodyAct
from tocsin.domain.ports.delivery import FailureKind
from tocsin.flow.act_beginning import Beginning
from tocsin.flow.act_ground import ADVANCE, LOOK, job_for
from tocsin.response.executing import PROPOSED_FOR, ActionMoveRefused


@pytest.fixture
def world() -> World:
    return World()


def test_collectors_start_when_an_action_is_proposed(world: World) -> None:
    ask(world)
    world.run()
    with world.memory.reading() as shelves:
        kept = {(each.collector, each.of) for each in shelves.exhibits.all()}
    assert kept == {("audit.snapshot", ""), ("logs.export", "t1"), ("logs.export", "t2")}


def test_other_tasks_void_consent_and_need_evidence_of_their_own(world: World) -> None:
    ask(world)
    world.ready()
    world.push(60)
    world.partner.tasks = ["t3"]
    consent(world)
    world.run()
    assert world.action().state is ActionState.PROPOSED
    assert "touches other objects than before" in world.texts()
    assert world.act.waits(1)[1].roles == ("approver",)
    world.ready()
    consent(world)
    world.run()
    assert world.action().state is ActionState.DONE


def test_without_a_fresh_look_nothing_begins_but_a_look_comes_at_once(world: World) -> None:
    ask(world)
    world.ready()
    looked = len(world.partner.asked)
    world.push(60)
    consent(world)
    world.run()
    assert len(world.partner.asked) > looked + 2
    assert world.action().state is ActionState.DONE


def test_what_nobody_lets_begin_expires(world: World) -> None:
    ask(world)
    world.ready()
    world.push(PROPOSED_FOR.total_seconds())
    assert world.action().state is ActionState.EXPIRED
    assert world.ended == [("ACT-1", "expired")]


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.MISCONFIGURED])
def test_what_cannot_be_looked_at_fails_and_nothing_was_changed(world: World, kind: FailureKind) -> None:
    world.partner.fails = lambda call: CallFailed(kind, "no right to list")
    ask(world)
    world.run()
    assert world.action().state is ActionState.FAILED
    assert "no right to list" in world.action().outcome
    assert world.partner.changed == []


def test_a_partner_that_is_away_is_asked_again(world: World) -> None:
    world.partner.fails = lambda call: CallFailed(FailureKind.UNKNOWN, "timed out")
    ask(world)
    world.push(10)
    world.partner.fails = lambda call: None
    world.push(60)
    assert world.action().kept
    world.partner.fails = lambda call: CallFailed(FailureKind.RETRY_LATER, "busy")
    ask(world, by="ada")
    world.push(600)
    assert world.action(2).state is ActionState.FAILED


def test_a_look_that_would_change_something_is_a_fault_of_its_connector(world: World) -> None:
    scale = world.act.ground.performers["fake.scale"]
    object.__setattr__(scale, "before", lambda arguments: scale.perform(arguments, {}, "k"))
    try:
        ask(world)
        world.run()
        assert "may only read" in world.action().outcome
        assert world.partner.changed == []
    finally:
        object.__setattr__(scale, "before", count_before)


@pytest.mark.parametrize(
    ("by", "door", "people"),
    [
        ("ben", Door.CONSOLE, ("ada", "dana")),
        ("tocsin", Door.RUNBOOK, ("ada", "dana")),
        ("token:ci", Door.API, ("ada", "dana", "chidi")),
    ],
)
def test_a_gap_counts_only_with_a_second_consent(
    world: World, by: str, door: Door, people: tuple[str, ...]
) -> None:
    world.gaps = lambda collector: "It hung."
    ask(world, by=by, door=door)
    world.ready()
    for person in people:
        waits = world.act.waits(1)[1]
        assert waits is not None
        assert "counts only with a second consent" in " ".join(waits.words)
        assert waits.people
        consent(world, person=person)
        consent(world, person=person)
        assert world.action().state is ActionState.PROPOSED
        world.run()
    assert world.action().state is ActionState.DONE


def test_broken_glass_marks_what_was_not_sealed(world: World) -> None:
    ask(world)
    world.run()
    for person in ("dana", "ada"):
        world.act.consenting.break_glass(1, person, door=Door.CONSOLE, reason="Data leaves.")
    consent(world)
    world.run()
    assert world.action().state is ActionState.DONE
    with world.memory.reading() as shelves:
        marked = [each.act for each in shelves.exhibits.custody_of(1)]
    assert marked == [CustodyAct.UNSEALED_AT_CONTAINMENT]


def test_the_one_place_looks_once_more(world: World) -> None:
    ask(world)
    world.run()
    action, beginning = world.action(), Beginning(world.act.ground)
    with world.memory.transaction() as shelves:
        incident = shelves.incidents.get(world.incident)
        assert incident is not None
        with pytest.raises(ActionMoveRefused):
            beginning._begin(shelves, incident, action, world.clock.now())


def test_jobs_of_what_is_gone_do_nothing(world: World) -> None:
    action = ask(world)
    world.act.withdraw(1, "ben")
    world.run()
    beginning = world.act.beginning
    with world.memory.transaction() as shelves:
        job = shelves.jobs.get(f"{LOOK}:{action.action_id}")
        assert job is not None
        assert beginning.looking(shelves, job) is None
        beginning.advance(shelves, job)
        beginning.look_given_up(shelves, job, "It stumbled.")
    assert world.action().state is ActionState.WITHDRAWN


def test_a_look_that_stumbles_every_time_ends_the_action(world: World) -> None:
    action = ask(world)
    with world.memory.transaction() as shelves:
        job = shelves.jobs.get(f"{LOOK}:{action.action_id}")
        assert job is not None
        world.act.beginning.look_given_up(shelves, job, "KeyError")
    assert world.action().state is ActionState.FAILED


def test_killed_is_no_error_that_anybody_catches() -> None:
    assert not issubclass(Killed, Exception)


def about_to_begin(world: World, number: int) -> Callable[[], ActionState]:
    """Ask for an action that lacks nothing; return what lets it begin, as a worker does."""
    action = ask(world, arguments={"count": number})
    world.ready()
    consent(world, number)

    def advance() -> ActionState:
        with world.store.transaction() as shelves:
            world.act.beginning.advance(shelves, job_for(action, ADVANCE, world.clock.now()))
        return world.action(number).state

    return advance


def test_of_two_who_let_an_action_begin_at_once_one_does(any_store: Any) -> None:
    world = World(store=any_store)
    for number in range(1, 4):
        advance = about_to_begin(world, number)
        assert at_once(advance, advance) == [ActionState.BEGUN] * 2
        assert world.kinds().count("action.begun") == number
    world.run()
    keys = [call.parameters["key"] for call in world.partner.changed]
    assert len(keys) == len(set(keys)) == 3


def test_once_the_stop_is_answered_nothing_begins_that_had_not(any_store: Any) -> None:
    world = World(store=any_store)

    def stop() -> ActionState:
        world.stopping.stop("ada", "Wild.")
        return world.action(number).state

    for number in range(1, 4):
        advance = about_to_begin(world, number)
        when_answered, _ = at_once(stop, advance)
        assert advance() is when_answered
        world.stopping.start("ada")
        world.run()
