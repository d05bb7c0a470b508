"""Actions, standing approvals, runs, bags and legal holds on every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from nouns import INCIDENT, NOON, a_run, a_standing_approval, an_action, later
from tocsin.domain.action import ActionState, Approval, BreakGlass, Demand
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.run import RunState, StepRecord, StepState


def test_an_action_comes_back_as_it_was(any_store):
    action = an_action(
        approvers=("security-lead",),
        approvals=(Approval(person="dana", role="security-lead", at=NOON, digest="d" * 64, standing=3),),
        demands=(Demand(collector="logs.export", of="arn:task/1"),),
        objects={"tasks": ("arn:task/1",)},
        revert_after=timedelta(hours=24),
        reverts_at=later(86400),
        break_glass=BreakGlass(people=("ada", "dana"), reason="live harm", at=NOON),
        begun_at=NOON,
        output={"count": 3, "ids": ["a"]},
        run_id=uuid4(),
        verified=True,
    )
    with any_store.transaction() as shelves:
        shelves.actions.add(action)
    with any_store.reading() as shelves:
        assert shelves.actions.get(action.number) == action
        assert shelves.actions.by_id(action.action_id) == action
        assert shelves.actions.of_incident(INCIDENT) == (action,)
        assert shelves.actions.get(99) is None
        assert shelves.actions.by_id(uuid4()) is None


def test_actions_are_listed_newest_first_by_their_state(any_store):
    with any_store.transaction() as shelves:
        actions = [an_action(number=shelves.actions.next_number()) for _ in range(3)]
        for action in actions:
            shelves.actions.add(action)
        shelves.actions.save(replace(actions[1], state=ActionState.DONE, begun_at=later(5)))
    with any_store.reading() as shelves:
        assert [each.number for each in shelves.actions.listed()] == [3, 2, 1]
        assert [each.number for each in shelves.actions.listed((ActionState.DONE,))] == [2]
        assert [each.number for each in shelves.actions.listed(limit=1)] == [3]
        assert [each.number for each in shelves.actions.begun_since(later(5))] == [2]
        assert shelves.actions.begun_since(later(6)) == ()


def test_what_was_never_added_cannot_be_saved(any_store):
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.actions.save(an_action())


def test_a_standing_approval_gets_its_number_and_can_be_revoked(any_store):
    with any_store.transaction() as shelves:
        given = shelves.actions.add_standing(a_standing_approval())
        other = shelves.actions.add_standing(a_standing_approval(action="aws.waf.block"))
        shelves.actions.save_standing(replace(given, revoked_at=later(9), revoked_by="ada"))
    with any_store.reading() as shelves:
        assert shelves.actions.standing(given.number).revoked_by == "ada"
        assert shelves.actions.standing(99) is None
        assert shelves.actions.standing_for("aws.waf.block") == (other,)
        assert [each.number for each in shelves.actions.standing_for()] == [given.number, other.number]


def test_a_run_comes_back_as_it_was(any_store):
    record = StepRecord(
        place="watch#2/look",
        state=StepState.READY,
        ready_at=NOON,
        due_at=later(300),
        answers={"source": "single-ip"},
        output={"accounts": ["mia"]},
        actions=(4,),
        approvals=("dana",),
    )
    run = a_run(steps={record.place: record})
    with any_store.transaction() as shelves:
        shelves.runs.add(run)
        shelves.runs.save(replace(run, state=RunState.DONE, ended_at=later(60)))
        shelves.runs.add(a_run(number=shelves.runs.next_number() + 1))
    with any_store.reading() as shelves:
        kept = shelves.runs.get(run.number)
        assert (kept.steps, kept.state, kept.ended_at) == (run.steps, RunState.DONE, later(60))
        assert shelves.runs.by_id(run.run_id) == kept
        assert shelves.runs.by_id(uuid4()) is None
        assert [each.number for each in shelves.runs.of_incident(INCIDENT)] == [1, 2]
        assert [each.number for each in shelves.runs.listed()] == [2, 1]
        assert [each.number for each in shelves.runs.listed((RunState.DONE,))] == [1]


def test_bags_and_holds_are_kept(any_store):
    hold = LegalHold(number=0, incident_id=INCIDENT, reason="a claim", held_by="ada", held_at=NOON)
    with any_store.transaction() as shelves:
        bag = Bag(
            number=shelves.bags.next_number(),
            incident_id=INCIDENT,
            digest="a" * 64,
            archive="b" * 64,
            size=7,
            exhibits=(1, 2),
            recipients=("age1abc",),
            entry_id=uuid4(),
            packed_at=NOON,
            packed_by="ada",
        )
        shelves.bags.add(bag)
        held = shelves.bags.hold(hold)
        shelves.bags.save_hold(replace(held, released_at=later(60), released_by="dana"))
    with any_store.reading() as shelves:
        assert shelves.bags.get(bag.number) == bag
        assert shelves.bags.get(99) is None
        assert shelves.bags.of_incident(INCIDENT) == (bag,)
        (kept,) = shelves.bags.holds()
        assert (kept.number, kept.released_by) == (held.number, "dana")
