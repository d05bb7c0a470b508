"""The stop switch, and consent in advance."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from acting_world import World, ask, consent
from nouns import a_standing_approval, later
from tocsin.domain.action import ActionState
from tocsin.domain.errors import NotFound
from tocsin.flow.act_stopping import Stopping
from tocsin.response.standing import StandingRefused
from tocsin.response.stops import StopRefused


@pytest.fixture
def world() -> World:
    return World()


def give(world: World, **more):
    given = {"action": "scale", "bounds": {"count": ("0",)}, "trigger": ("security",), "per_hour": 1, **more}
    return world.stopping.give(a_standing_approval(**given))


def test_nothing_begins_while_it_is_stopped_and_all_goes_on_after(world: World) -> None:
    ask(world)
    world.ready()
    world.stopping.stop("ada", "Wild.")
    consent(world)
    world.push(60)
    assert world.partner.changed == []
    assert world.act.waits(1)[1].stop.by == "ada"
    world.stopping.start("ada")
    world.run()
    assert world.action().state is ActionState.DONE
    assert {"response.stopped", "response.started_again"} <= set(_kinds(world))


def test_a_connector_is_stopped_alone(world: World) -> None:
    performers = world.act.ground.performers
    other = {**performers, "other.thing": performers["fake.poke"]}
    stopping = Stopping(replace(world.act.ground, performers=other))
    stopping.stop("ada", "Wild.", "connector:other")
    ask(world)
    world.ready()
    consent(world)
    world.run()
    assert world.action().state is ActionState.DONE
    assert [each.scope for each in world.stopping.stopped()] == ["connector:other"]


def test_what_is_not_there_is_not_stopped(world: World) -> None:
    stopping = Stopping(world.act.ground, lambda: ("failed-logins",))
    for scope, known in (("connector:fakee", "fake"), ("runbook:nosuch", "failed-logins")):
        with pytest.raises(StopRefused) as refused:
            stopping.stop("ada", "Wild.", scope)
        assert known in refused.value.next_step
    assert stopping.stopped() == ()
    stopping.stop("ada", "Wild.", "runbook:failed-logins")
    assert len(stopping.stopped()) == 1


def test_what_is_not_stopped_is_not_started(world: World) -> None:
    with pytest.raises(StopRefused, match="is not stopped"):
        world.stopping.start("ada")


def test_consent_in_advance_replaces_people_never_exhibits(world: World) -> None:
    give(world)
    ask(world, by="tocsin")
    world.run()
    assert world.action().state is ActionState.PROPOSED
    world.seal()
    world.push(3)
    assert world.action().state is ActionState.DONE
    assert "goes on by the standing approval 1 of dana" in world.texts()


def test_it_is_used_so_often_an_hour_and_no_more(world: World) -> None:
    give(world)
    for by in ("tocsin", "eve"):
        ask(world, by=by)
        world.ready()
    assert [world.action(number).state for number in (1, 2)] == [ActionState.DONE, ActionState.PROPOSED]


@pytest.mark.parametrize("more", [{"bounds": {"count": ("1",)}}, {"trigger": ("drift",)}, {"person": "eve"}])
def test_outside_its_bounds_it_is_not_used(world: World, more) -> None:
    give(world, **more)
    ask(world, by="tocsin")
    world.ready()
    assert world.action().state is ActionState.PROPOSED


def test_a_gap_needs_two_people_who_look_now(world: World) -> None:
    give(world)
    world.gaps = lambda collector: "It hung."
    ask(world, by="tocsin")
    world.ready()
    assert world.action().state is ActionState.PROPOSED
    consent(world, person="ada")
    world.run()
    assert world.action().state is ActionState.PROPOSED
    consent(world, person="dana")
    world.run()
    assert world.action().state is ActionState.DONE


def test_a_revoked_one_counts_no_more(world: World) -> None:
    give(world)
    assert world.stopping.revoke(1, "ada").revoked_by == "ada"
    assert world.stopping.revoke(1, "ben").revoked_by == "ada"
    ask(world, by="tocsin")
    world.ready()
    assert world.action().state is ActionState.PROPOSED
    with pytest.raises(NotFound, match="no standing approval 9"):
        world.stopping.revoke(9, "ada")


def test_one_that_goes_too_far_is_not_given(world: World) -> None:
    with pytest.raises(StandingRefused):
        give(world, expires_at=later(10**8))


def _kinds(world: World):
    return [json.loads(line)["kind"] for line in world.log().splitlines()]
