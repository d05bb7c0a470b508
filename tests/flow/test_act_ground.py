"""What the chapter stands on: names, numbers, jobs, and how an action is written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acting_world import SCALE, World, ask
from nouns import NOON, an_action
from tocsin.domain.bindings import ALWAYS
from tocsin.domain.errors import NotFound
from tocsin.flow.act_ground import (
    LOOK,
    action_of,
    close,
    found,
    held_action,
    job_for,
    looked_at,
    nobody_waits,
)


@pytest.fixture
def world() -> World:
    return World()


def test_an_action_is_found_by_its_name_its_port_and_without_its_prefix(world: World) -> None:
    bound = replace(world.act.ground, bindings={**ALWAYS, "idp": "fake"})
    assert bound.performer("fake.scale") == bound.performer("scale") == bound.performer("idp.scale")
    assert "idp.scale" in bound.names(SCALE.declaration)
    with pytest.raises(NotFound, match="is no action that is set up"):
        bound.performer("other.scale")


def test_a_name_of_several_is_none(world: World) -> None:
    other = replace(SCALE, declaration=replace(SCALE.declaration, name="other.scale"))
    both = replace(world.act.ground, performers={"fake.scale": SCALE, "other.scale": other})
    with pytest.raises(NotFound, match="the name of several"):
        both.performer("scale")


def test_what_is_not_there_is_not_found(world: World) -> None:
    with world.memory.reading() as shelves:
        with pytest.raises(NotFound, match="no action ACT-9"):
            found(shelves, 9)
        with pytest.raises(NotFound):
            held_action(shelves, 9)
        assert action_of(shelves, job_for(an_action(), LOOK, NOON)) is None


def test_each_action_has_one_job_of_a_kind(world: World) -> None:
    action = ask(world)
    job = job_for(action, LOOK, NOON)
    assert job.key == f"act.look:{action.action_id}"
    with world.memory.transaction() as shelves:
        assert not shelves.jobs.put(job)
        assert action_of(shelves, job) == action


def test_when_it_was_looked_at_is_forgotten_with_its_end(world: World) -> None:
    ask(world)
    world.run()
    with world.memory.transaction() as shelves:
        action = found(shelves, 1)
        assert looked_at(shelves, action) == NOON
        close(world.act.ground, shelves, action)
        assert looked_at(shelves, action) is None
        nobody_waits(shelves, action)
    assert len(world.ended) == 1
