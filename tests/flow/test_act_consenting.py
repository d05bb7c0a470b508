"""What only signed-in people can do, and that refusals stand in the log."""

from __future__ import annotations

from typing import Any

import pytest

from acting_world import World, ask, at_once, consent, do
from tocsin.domain.action import ActionState, Door
from tocsin.evidence.gate import NeverDone
from tocsin.flow.act_consenting import ActionRefused
from tocsin.response.approving import ApprovalRefused
from tocsin.response.executing import ActionMoveRefused


@pytest.fixture
def world() -> World:
    world = World()
    ask(world)
    return world


def break_glass(world: World, person: str, reason: str = "Data leaves.", door: Door = Door.CONSOLE):
    return world.act.consenting.break_glass(1, person, door=door, reason=reason)


def test_nobody_consents_before_it_is_known_what_is_touched(world: World) -> None:
    with pytest.raises(ActionRefused, match="still being read"):
        consent(world)


def test_consent_is_to_what_was_shown(world: World) -> None:
    world.run()
    with pytest.raises(ActionRefused, match="has changed"):
        world.act.consenting.approve(1, "ada", door=Door.CONSOLE, digest="0" * 64)
    digest = world.action().digest
    assert world.act.consenting.approve(1, "ada", door=Door.CONSOLE, digest=digest).approvals


@pytest.mark.parametrize(
    ("person", "door"),
    [("ben", Door.CONSOLE), ("token:ci", Door.API), ("teammate:sre", Door.TEAMMATE), ("eve", Door.CONSOLE)],
)
def test_a_refused_consent_stands_in_the_log(world: World, person: str, door: Door) -> None:
    world.run()
    with pytest.raises(ApprovalRefused):
        world.act.consenting.approve(1, person, door=door)
    assert world.kinds()[-1] == "action.refused"
    assert "approval_refused" in world.log()


def test_two_people_and_a_reason_break_the_glass_and_a_review_is_asked_for(world: World) -> None:
    world.run()
    break_glass(world, "dana")
    assert "action.broke_glass" not in world.kinds()
    assert break_glass(world, "dana").break_glass.people == ("dana",)  # type: ignore[union-attr]
    break_glass(world, "ada", "")
    # Once it is broken, more people change nothing: there is one line, and one review.
    for person in ("ada", "chidi"):
        assert break_glass(world, person).break_glass.people == ("dana", "ada")  # type: ignore[union-attr]
    assert world.kinds().count("action.broke_glass") == 1
    assert world.texts().count("For the review, within 5 business days") == 1
    consent(world)
    world.run()
    assert world.action().state is ActionState.DONE


def test_a_severity_that_is_not_reviewed_asks_for_no_review() -> None:
    world = World(policy="review: {due: 5 business days, severity: [P1]}")
    ask(world)
    for person in ("dana", "ada"):
        break_glass(world, person)
    assert "action.broke_glass" in world.kinds()
    assert "For the review" not in world.texts()


@pytest.mark.parametrize("door", [each for each in Door if each is not Door.CONSOLE])
def test_glass_is_broken_in_the_console_only(world: World, door: Door) -> None:
    with pytest.raises(ActionRefused, match="Nobody is signed in"):
        break_glass(world, "ada", door=door)


def test_glass_is_not_broken_without_a_reason_by_a_token_or_too_late(world: World) -> None:
    with pytest.raises(ActionRefused, match="No reason"):
        break_glass(world, "ada", " ")
    with pytest.raises(ActionRefused, match="Nobody is signed in"):
        break_glass(world, "token:ci")
    with pytest.raises(ActionRefused, match="ben may not consent"):
        break_glass(world, "ben")
    with pytest.raises(ActionRefused, match="has changed since it was shown"):
        world.act.consenting.break_glass(1, "ada", door=Door.CONSOLE, reason="Harm.", digest="0" * 64)
    world.act.withdraw(1, "ben")
    with pytest.raises(ActionMoveRefused):
        break_glass(world, "ada")


def test_what_is_never_done_stays_shut() -> None:
    world = World(policy="never: []")
    ask(world, "fake.logs.delete")
    object.__setattr__(world.policy, "never", ("logs.delete",))
    with pytest.raises(NeverDone):
        break_glass(world, "ada")
    world.run()
    assert world.act.waits(1)[1].is_never
    with pytest.raises(NeverDone):
        world.act.demand_ready(1)


@pytest.mark.parametrize(("took_effect", "state"), [(True, ActionState.DONE), (False, ActionState.FAILED)])
def test_a_person_says_what_the_partner_shows(took_effect: bool, state: ActionState) -> None:
    world = World()
    world.partner.loses_answer = lambda call: True
    do(world)
    resolve = world.act.consenting.resolve
    with pytest.raises(ActionRefused, match="Nobody said"):
        resolve(1, "ada", took_effect=took_effect, note=" ")
    assert resolve(1, "ada", took_effect=took_effect, note="I see it.").state is state
    assert world.ended == [("ACT-1", state.value)]
    with pytest.raises(ActionMoveRefused):
        resolve(1, "ada", took_effect=took_effect, note="Again.")


def test_two_who_consent_at_once_both_count_and_one_who_does_so_twice_counts_once(any_store: Any) -> None:
    world = World(store=any_store)
    ask(world, approvers=("security-lead", "legal"))
    world.ready()
    given = [lambda person=person: consent(world, person=person) for person in ("dana", "chidi", "dana")]
    at_once(*given)
    assert sorted(each.person for each in world.action().approvals) == ["chidi", "dana"]
    assert world.kinds().count("action.approved") == 2
    world.run()
    assert world.kinds().count("action.begun") == 1
