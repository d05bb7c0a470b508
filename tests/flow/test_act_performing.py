"""After the intent was committed: once, looked at after a kill, unknown where nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from acting_world import World, ask, consent, do
from nouns import NOON
from tocsin.domain.acting import CallFailed
from tocsin.domain.action import ActionState
from tocsin.domain.ports.delivery import FailureKind
from tocsin.flow.act_ground import ALARM, PERFORM, job_for
from tocsin.flow.act_performing import Failed
from tocsin.response.executing import MOST_ATTEMPTS


@pytest.fixture
def world() -> World:
    return World()


def fail(world: World, kind: FailureKind, *, only: str = "set_count") -> None:
    world.partner.fails = lambda call: CallFailed(kind, "no") if call.operation == only else None


def test_what_is_refused_has_failed_and_nothing_was_changed(world: World) -> None:
    fail(world, FailureKind.REFUSED)
    done = do(world)
    assert (done.state, done.outcome) == (ActionState.FAILED, "no")
    assert "nothing is changed" in world.texts()
    assert world.alarms == []


def test_a_busy_partner_is_asked_again_and_the_look_comes_first(world: World) -> None:
    fail(world, FailureKind.RETRY_LATER)
    do(world)
    assert world.action().state is ActionState.BEGUN
    world.partner.fails = lambda call: None
    world.push(10)
    assert world.action().state is ActionState.DONE
    assert len(world.partner.changed) == 1


def test_one_that_stays_busy_is_handed_to_a_person(world: World) -> None:
    fail(world, FailureKind.RETRY_LATER)
    do(world)
    world.push(5 * MOST_ATTEMPTS * MOST_ATTEMPTS)
    assert world.action().state is ActionState.UNKNOWN
    assert world.alarms == ["ACT-1 (fake.scale) may have taken effect"]
    assert world.ended == []


def test_a_lost_answer_is_looked_up_by_nobody_but_a_person(world: World) -> None:
    world.partner.loses_answer = lambda call: True
    do(world)
    assert world.action().state is ActionState.UNKNOWN
    assert "a person must look at the partner" in world.texts()


def test_a_revert_that_fails_pages(world: World) -> None:
    do(world, revert_after=timedelta(minutes=5))
    fail(world, FailureKind.REFUSED)
    world.push(330)
    assert world.action(2).state is ActionState.FAILED
    assert world.alarms == ["ACT-2 (fake.scale) could not be taken back at its time"]
    assert world.action().state is ActionState.DONE


def test_a_revert_that_reads_back_wrong_pages(world: World) -> None:
    do(world, revert_after=timedelta(minutes=5))
    world.partner._set_count = lambda asked: None  # type: ignore[method-assign]
    world.push(330)
    assert world.action(2).verified is False
    assert len(world.alarms) == 1


def test_the_calls_stand_in_the_log_without_their_values(world: World) -> None:
    do(world)
    assert "fake set_count (changes): done" in world.log()


def test_a_worker_that_stumbles_every_time_asks_a_person(world: World) -> None:
    action = ask(world)
    world.ready()
    consent(world)
    with world.memory.transaction() as shelves:
        world.act.beginning.advance(shelves, _job(shelves, action, "act.advance"))
    settling = world.act.settling
    with world.memory.transaction() as shelves:
        settling.given_up(shelves, _job(shelves, action, PERFORM), "KeyError")
        settling.given_up(shelves, _job(shelves, action, PERFORM), "KeyError")
        assert settling.performing(shelves, _job(shelves, action, PERFORM)) is None
    assert world.action().state is ActionState.UNKNOWN


def test_jobs_of_no_action_do_nothing(world: World) -> None:
    action = ask(world)
    with world.memory.transaction() as shelves:
        gone = _job(shelves, action, "act.look")
        gone.args["action"] = "00000000-0000-4000-8000-000000000000"  # type: ignore[index]
        assert world.act.settling.alarm(shelves, gone) is None
        assert world.act.settling.performing(shelves, gone) is None
        world.act.settling.given_up(shelves, gone, "x")
        world.act.revert(shelves, gone)
        world.act.beginning.advance(shelves, gone)
        world.act.beginning.look_given_up(shelves, gone, "x")
    assert ALARM.startswith("act.")


def _job(shelves, action, kind):
    job = shelves.jobs.get(f"{kind}:{action.action_id}")
    assert job is not None
    return job


def test_what_has_begun_and_no_worker_knows_is_not_performed(world: World) -> None:
    action = replace(ask(world), state=ActionState.BEGUN)
    object.__setattr__(world.act.ground, "performers", {})
    with world.memory.transaction() as shelves:
        shelves.actions.save(action)
        job = job_for(action, PERFORM, NOON)
        for attempts, may_have_changed in ((1, False), (2, True)):
            found = world.act.settling.performing(shelves, replace(job, attempts=attempts))
            assert isinstance(found, Failed)
            assert found.may_have_changed is may_have_changed
            assert "no action that this worker knows" in found.reason
