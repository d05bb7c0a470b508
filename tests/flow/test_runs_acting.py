"""Runs act by the same gate as everybody else, and go on when their actions end."""

from __future__ import annotations

from dataclasses import replace

from run_world import RunWorld
from tocsin.domain.action import ActionState, Door
from tocsin.domain.run import RunState


def test_a_run_contains_by_the_gate_and_goes_to_its_end() -> None:
    world = RunWorld()
    world.start()
    for _ in range(6):
        world.turn()
    assert world.known().state is RunState.DONE, world.states()
    assert world.partner.count == 0
    assert world.partner.notes == ["It began in INC-1", "It was 2"]
    assert "action.begun" in world.kinds()
    stop = next(action for action in world.actions() if action.name == "fake.scale")
    assert (stop.door, stop.proposed_by, stop.step, stop.approvers) == (
        Door.RUNBOOK,
        "ben",
        "sub.stop",
        ("security-lead",),
    )


def test_what_a_run_asked_for_is_taken_back_when_it_ends_before_its_end() -> None:
    world = RunWorld()
    world.start("stopped")
    world.run()
    world.runs.abort([1], "ada", "A false alarm.")
    (stop,) = world.actions()
    assert (stop.state, stop.outcome) == (ActionState.WITHDRAWN, "RUN-1 has ended.")
    assert "action.withdrawn" in world.kinds()


def test_what_has_begun_comes_to_its_own_end() -> None:
    world = RunWorld()
    world.start()
    (post,) = world.actions()
    begun = replace(post, state=ActionState.BEGUN)
    world.runs.going.acting.withdraw(None, None, world.known(), begun, world.clock.now())
    assert world.actions() == (post,)
