"""Workers act once: a kill is followed by a look, and a stop is seen in mid-play."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from acting_world import SCALE, Killed, World, ask, call, consent, declared, do
from tocsin.domain.acting import CallFailed, Outcome, Performer, PutBack, Seen
from tocsin.domain.action import ActionClass, ActionState
from tocsin.domain.errors import Misconfigured
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import FailureKind
from tocsin.worker.acting import ALREADY, Acting, Stopped, StopWatch, alarms


@pytest.fixture
def world() -> World:
    return World()


def killed_after(world: World, calls: int, name: str = "fake.scale", number: int = 1) -> None:
    """Perform an action with a process that is killed just after so many changing calls."""
    ask(world, name)
    world.ready()
    consent(world, number)

    def kill(made) -> bool:
        if made.changes and len(world.partner.changed) >= calls:
            world.partner.loses_answer = lambda call: False
            raise Killed
        return False

    world.partner.loses_answer = kill
    with pytest.raises(Killed):
        world.run()
    world.clock.push(timedelta(seconds=1))
    world.begin_anew()
    world.push(40)


@pytest.mark.parametrize(
    ("name", "state", "outcome"),
    [
        ("fake.scale", ActionState.DONE, ALREADY),
        ("fake.redeploy", ActionState.DONE, ALREADY),
        ("fake.poke", ActionState.UNKNOWN, "the partner cannot tell"),
    ],
)
def test_killed_between_call_and_journal_it_is_done_once(
    world: World, name: str, state: ActionState, outcome: str
) -> None:
    killed_after(world, 1, name)
    assert len(world.partner.changed) == 1
    assert world.action().state is state
    assert outcome in world.action().outcome


def test_an_undo_that_was_killed_is_found_done(world: World) -> None:
    do(world)
    world.partner.changed.clear()
    world.act.undo(1, by="ben", door=world.action().door)
    world.ready()
    consent(world, 2)

    def kill(made) -> bool:
        if made.changes:
            world.partner.loses_answer = lambda call: False
            raise Killed
        return False

    world.partner.loses_answer = kill
    with pytest.raises(Killed):
        world.run()
    world.clock.push(timedelta(seconds=1))
    world.begin_anew()
    world.push(40)
    assert len(world.partner.changed) == 1
    assert (world.action(2).state, world.action(2).outcome) == (ActionState.DONE, ALREADY)


def _twice(arguments, kept, key):
    yield call("poke", changes=True, key=key)
    yield call("poke", changes=True, key=key)
    return Outcome(text="Twice.")


def _not_done(arguments, kept, key):
    return Seen.NOT_DONE
    yield


def _use(world: World, performer: Performer) -> None:
    world.act.ground.performers[performer.declaration.name] = performer  # type: ignore[index]


def two_calls(world: World, **changed) -> Performer:
    poke = world.act.ground.performers["fake.poke"]
    performer = replace(poke, declaration=declared("fake.pair", **changed), perform=_twice, seen=_not_done)
    _use(world, performer)
    return performer


def test_a_stop_is_seen_between_two_calls_and_the_half_is_not_called_failed(world: World) -> None:
    two_calls(world)

    def stop(made) -> None:
        if not world.partner.changed:
            world.stopping.stop("ada", "Wild.")
            world.watch.round()

    world.partner.on_change = stop
    do(world, "fake.pair")
    assert len(world.partner.changed) == 1
    assert world.action().state is ActionState.UNKNOWN
    assert "ada stopped everything: Wild." in world.action().outcome


@pytest.mark.parametrize("looked_s_ago", [None, 2])
def test_who_has_not_seen_the_switch_of_late_asks_before_a_call(
    world: World, looked_s_ago: int | None
) -> None:
    watch = StopWatch(world.store, world.clock)
    if looked_s_ago is not None:
        watch.round()
        world.clock.push(timedelta(seconds=looked_s_ago))
    world.stopping.stop("ada", "Wild.")
    with pytest.raises(Stopped):
        watch.demand_running("fake", "", ActionClass.CONTAIN)


def test_what_takes_longer_than_it_declares_stops(world: World) -> None:
    two_calls(world, time_limit_s=5.0)
    world.partner.on_change = lambda made: world.clock.push(timedelta(seconds=6))
    do(world, "fake.pair")
    assert len(world.partner.changed) == 1
    assert "longer than 5 s" in world.action().outcome


def test_a_second_call_that_fails_leaves_it_unknown(world: World) -> None:
    two_calls(world)
    failing = CallFailed(FailureKind.REFUSED, "no")
    world.partner.fails = lambda made: failing if world.partner.changed else None
    do(world, "fake.pair")
    assert world.action().state is ActionState.UNKNOWN


def test_a_play_that_put_back_what_it_changed_has_failed_and_nothing_is_open(world: World) -> None:
    def put_back(arguments, kept, key):
        yield call("poke", changes=True, key=key)
        raise PutBack(FailureKind.REFUSED, "it is not healthy; what ran before was put back")

    poke = world.act.ground.performers["fake.poke"]
    changed = {**world.act.ground.performers, "fake.poke": replace(poke, perform=put_back)}
    object.__setattr__(world.act.ground, "performers", changed)
    done = do(world, "fake.poke")
    assert (done.state, done.outcome) == (
        ActionState.FAILED,
        "it is not healthy; what ran before was put back",
    )
    assert world.alarms == []


@pytest.mark.parametrize("begins", [False, True])
def test_what_no_worker_knows_fails_in_words(world: World, begins: bool) -> None:
    ask(world)
    if begins:
        world.ready()
        consent(world)
        with world.memory.reading() as shelves:
            assert shelves.actions.get(1) is not None
    known = {name: each for name, each in world.act.ground.performers.items() if name != "fake.scale"}
    object.__setattr__(world.act.ground, "performers", known)
    world.run()
    world.push(5)
    ended = world.action()
    assert ended.state is ActionState.FAILED
    assert "no action that this worker knows" in ended.outcome
    assert world.partner.changed == []


def test_what_was_left_half_done_can_be_taken_back(world: World) -> None:
    def both(arguments, kept, key):
        yield call("set_count", changes=True, count=0, key=key)
        yield call("poke", changes=True, key=key)
        return Outcome(text="Scaled and poked.")

    _use(world, replace(world.act.ground.performers["fake.scale"], perform=both))
    failing = CallFailed(FailureKind.REFUSED, "no")
    world.partner.fails = lambda made: failing if made.operation == "poke" else None
    do(world)
    assert (world.action().state, world.partner.count) == (ActionState.UNKNOWN, 0)
    world.act.undo(1, by="ben", door=world.action().door)
    world.ready()
    consent(world, 2)
    world.run()
    assert (world.action(2).state, world.partner.count) == (ActionState.DONE, 2)
    assert world.action().state is ActionState.UNDONE


def test_what_the_partner_does_not_show_is_not_called_read_back(world: World) -> None:
    def silent(arguments, kept):
        return None
        yield

    _use(world, replace(world.act.ground.performers["fake.scale"], verify=silent))
    do(world)
    assert (world.action().state, world.action().verified) == (ActionState.DONE, None)


def test_a_service_that_nobody_calls_fails_in_words(world: World) -> None:
    def nobody(service: str):
        raise Misconfigured("No connector calls it.", means="Nothing.", next_step="Set it up.")

    action = ask(world)
    world.ready()
    acting = Acting(world.act, nobody, StopWatch(world.store, world.clock))
    with world.memory.reading() as shelves:
        job = Job(kind="x", key="x", run_at=world.clock.now(), args={"action": str(action.action_id)})
        looking = world.act.beginning.looking(shelves, job)
    assert "No connector calls it" in acting.look(looking).reason  # type: ignore[union-attr]
    consent(world)
    with world.memory.transaction() as shelves:
        world.act.beginning.advance(shelves, job)
        performing = world.act.settling.performing(shelves, job)
    failed = acting.perform(performing)
    assert (failed.kind, failed.may_have_changed) == (FailureKind.MISCONFIGURED, False)  # type: ignore[union-attr]
    assert acting.look(None) is None
    assert acting.perform(None) is None


def test_what_cannot_be_read_back_is_done_and_not_verified(world: World) -> None:
    calls = iter(range(99))
    failing = CallFailed(FailureKind.RETRY_LATER, "busy")
    world.partner.fails = lambda made: failing if world.partner.changed and next(calls) == 0 else None
    do(world)
    assert (world.action().state, world.action().verified) == (ActionState.DONE, None)


def test_an_undo_without_its_connectors_play_fails(world: World) -> None:
    do(world)
    world.act.undo(1, by="ben", door=world.action().door)
    world.ready()
    _use(world, replace(SCALE, undo=None))
    consent(world, 2)
    world.run()
    assert world.action(2).state is ActionState.FAILED


def test_an_alarm_is_an_alert_of_our_own(world: World) -> None:
    taken = []

    class Take:
        def own(self, shelves, reports) -> None:
            taken.extend(reports)

    world.partner.loses_answer = lambda made: True
    do(world)
    action = world.action()
    with world.memory.transaction() as shelves:
        job = Job(kind="x", key="x", run_at=world.clock.now(), args={"action": str(action.action_id)})
        alarms(world.act, Take()).run(shelves, job)  # type: ignore[arg-type]
        gone = {"action": "00000000-0000-4000-8000-000000000000"}
        alarms(world.act, Take()).run(shelves, replace(job, args=gone))  # type: ignore[arg-type]
    assert [each.labels["incident_type"] for each in taken] == ["security"]
