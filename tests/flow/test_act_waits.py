"""What an action waits for, in words that a person reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acting_world import World, ask, consent
from nouns import NOON, a_run, a_standing_approval, an_action, an_exhibit, an_incident
from tocsin.domain.action import Demand, Door
from tocsin.evidence.gate import Lack, Missing
from tocsin.flow.act_waits import Waits, sealed_numbers, stop_for, waits_of
from tocsin.response.stops import made

MISSING = Missing(demand=Demand(collector="audit.snapshot"), lack=Lack.NOT_KEPT)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("waits", "is_over", "only_people"),
    [
        (Waits(is_looked_at=True), True, False),
        (Waits(is_looked_at=False), False, False),
        (Waits(is_looked_at=True, missing=(MISSING,)), False, False),
        (Waits(is_looked_at=True, missing=(MISSING,), glass_is_broken=True), True, False),
        (Waits(is_looked_at=True, roles=("legal",)), False, True),
        (Waits(is_looked_at=True, roles=("legal",), missing=(MISSING,)), False, False),
        (Waits(is_looked_at=True, limits=("too many",)), False, False),
        (Waits(is_looked_at=True, is_never=True), False, False),
        (Waits(is_looked_at=True, is_unanswered=True), False, False),
        (Waits(is_looked_at=True, stop=made("everything", "ada", NOON, "Wild")), False, False),
        (Waits(is_looked_at=False, roles=("legal",)), False, False),
    ],
)
def test_one_thing_that_is_missing_is_enough(waits: Waits, is_over: bool, only_people: bool) -> None:
    assert (waits.is_over, waits.only_for_people) == (is_over, only_people)
    assert bool(waits.words) is not is_over


def test_everything_that_is_missing_is_said() -> None:
    waits = Waits(
        is_looked_at=False,
        missing=(MISSING,),
        roles=("legal",),
        limits=("too many",),
        is_never=True,
        stop=made("everything", "ada", NOON, "Wild"),
    )
    assert len(waits.words) == 6


def test_a_runbook_says_for_nobody_that_they_are_at_work(world: World) -> None:
    spoken, incident = "fake.post", an_incident(1)
    ground = world.act.ground
    performer = ground.performer(spoken)
    speaking = replace(performer.declaration, speaks_for_people=True)
    performers = {**ground.performers, spoken: replace(performer, declaration=speaking)}
    ground = replace(ground, performers=performers)
    with world.memory.reading() as shelves:
        for door, at, waits in (
            (Door.RUNBOOK, None, True),
            (Door.RUNBOOK, NOON, False),
            (Door.CONSOLE, None, False),
        ):
            taken = replace(incident, acknowledged_at=at)
            found = waits_of(ground, shelves, taken, an_action(name=spoken, door=door), NOON)
            assert found.is_unanswered is waits


def test_an_exhibit_without_an_entry_is_never_sealed(world: World) -> None:
    with world.memory.reading() as shelves:
        assert sealed_numbers(world.act.ground, shelves, (an_exhibit(),), NOON) == frozenset()


def test_a_runbook_is_stopped_by_its_name(world: World) -> None:
    run = a_run(incident_id=world.incident)
    with world.memory.transaction() as shelves:
        shelves.runs.add(run)
    # Its run is under way, so it is known even where its file is gone.
    world.stopping.stop("ada", "Wild.", f"runbook:{run.runbook_id}")
    with world.memory.transaction() as shelves:
        ours = an_action(name="fake.scale", run_id=run.run_id)
        assert stop_for(world.act.ground, shelves, ours) is not None
        assert stop_for(world.act.ground, shelves, an_action(name="fake.scale")) is None


def test_consents_in_advance_are_used_where_nobody_else_fits(world: World) -> None:
    given = {"action": "fake.scale", "bounds": {"count": ("*",)}, "trigger": (), "per_hour": 5}
    for person in ("dana", "dana", "chidi"):
        world.stopping.give(a_standing_approval(**given, person=person))
    ask(world, by="tocsin", approvers=("approver", "legal"))
    world.run()
    waits = world.act.waits(1)[1]
    assert waits is not None
    assert [each.person for each in waits.standing] == ["dana", "chidi"]
    assert waits.roles == ()
    consent(world, 1, "dana")
    waits = world.act.waits(1)[1]
    assert waits is not None
    assert [each.person for each in waits.standing] == ["chidi"]
