"""People change a run only as far as it stands, and never for themselves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nouns import NOON, a_run, an_action, an_incident
from tocsin.domain.action import ActionState
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.runbooks.hands import (
    AnswerWrong,
    ApprovalRefused,
    Hand,
    OwnerUnknown,
    RunOver,
    StepReasonMissing,
    StepRefused,
    abort,
    owners_of,
)
from tocsin.runbooks.outline import spot_at
from tocsin.runbooks.reading import read
from tocsin.runbooks.scope import Facts

BOOK = read(
    """
runbook: book
title: A book
steps:
- {id: ask, do: Ask, owner: oncall, ask: {who: [one, many], why: text}}
- {id: tell, do: Tell, approve: [ciso, legal], run: notify}
- {id: block, do: Block, approve: lead, run: aws.waf.block}
- {id: do, do: Do it}
- {id: watch, repeat: {every: 15m, until: ask.who}, steps: [{id: look, do: Look}]}
""",
    "book.yml",
)
READY, FAILED, WAITING = StepState.READY, StepState.FAILED, StepState.WAITING


def a_hand(place: str, state: StepState = READY, *, by: str = "ada", **given: Any) -> Hand:
    acted = given.pop("acted", {})
    run = given.pop("run", a_run(started_by="ben"))
    given.setdefault("ready_at", NOON)
    record = StepRecord(place=place, state=state, actions=tuple(acted), **given)
    run = replace(run, steps={place: record})
    facts = Facts(
        incident=an_incident(),
        actions={number: an_action(number=number, state=acted[number]) for number in acted},
        containments=frozenset({"aws.waf.block"}),
    )
    spot = spot_at(BOOK, run, {}, place)
    assert spot is not None
    return Hand(run=run, spot=spot, facts=facts, by=by, now=NOON)


def _record(run: Run, place: str) -> StepRecord:
    return run.steps[place]


def test_answers_are_taken_some_at_a_time() -> None:
    change = a_hand("ask", answers={"why": "because"}).answer({"who": "one"})
    assert _record(change.run, "ask").answers == {"why": "because", "who": "one"}
    assert (change.told.by, change.told.text) == ("ada", "Answered who: one")


def test_a_step_whose_partner_is_down_takes_answers_all_the_same() -> None:
    answered = a_hand("ask", FAILED).answer({"who": "one", "why": "because"}).run
    record = _record(answered, "ask")
    assert (record.state, record.answers) == (FAILED, {"who": "one", "why": "because"})
    closed = a_hand("ask", FAILED, answers=dict(record.answers)).done("by phone")
    assert _record(closed.run, "ask").state is StepState.DONE


@pytest.mark.parametrize(
    "answers", [{}, {"what": "x"}, {"who": "three"}, {"why": " "}, {"why": "x" * 4_001}], ids=str
)
def test_an_answer_that_is_none_is_refused(answers: dict[str, str]) -> None:
    with pytest.raises(AnswerWrong):
        a_hand("ask").answer(answers)


def test_a_step_that_asks_for_nothing_takes_no_answer() -> None:
    for answers in ({}, {"x": "y"}):
        with pytest.raises(AnswerWrong, match=r"No answer|does not ask"):
            a_hand("do").answer(answers)


def test_a_person_says_that_a_step_is_done() -> None:
    record = _record(a_hand("do").done().run, "do")
    assert (record.state, record.done_by, record.done_at) == (StepState.DONE, "ada", NOON)
    assert a_hand("do").done("by phone").told.text == "Do it: by phone"


def test_a_failed_step_is_closed_by_hand_only_with_a_reason() -> None:
    with pytest.raises(StepReasonMissing):
        a_hand("do", FAILED).done()
    assert _record(a_hand("do", FAILED).done("by phone").run, "do").reason == "by phone"


@pytest.mark.parametrize(
    ("hand", "waits_for"),
    [
        (a_hand("ask", answers={"who": "one"}), "an answer to why"),
        (a_hand("tell", approvals=("ciso:dana",)), "the approval of legal"),
        (a_hand("block", acted={1: ActionState.PROPOSED}), "ACT-1"),
    ],
)
def test_a_step_is_not_done_while_something_is_open(hand: Hand, waits_for: str) -> None:
    with pytest.raises(StepRefused, match=waits_for):
        hand.done("though")


def test_what_its_actions_were_approved_for_is_not_asked_again() -> None:
    hand = a_hand("block", FAILED, acted={1: ActionState.FAILED})
    assert _record(hand.done("by the partner's console").run, "block").state is StepState.DONE


def test_a_step_is_skipped_with_a_reason_also_before_its_turn() -> None:
    record = _record(a_hand("do", WAITING).skip("nobody is there").run, "do")
    assert (record.state, record.reason) == (StepState.NOT_APPLICABLE, "nobody is there")
    with pytest.raises(StepReasonMissing):
        a_hand("do").skip("  ")
    with pytest.raises(StepRefused, match="under way"):
        a_hand("block", acted={1: ActionState.BEGUN}).skip("x")


def test_what_is_over_is_not_changed() -> None:
    with pytest.raises(StepRefused, match="it is done"):
        a_hand("do", StepState.DONE).done()
    with pytest.raises(StepRefused, match="no step of its own"):
        a_hand("watch").done()


def test_a_failed_step_goes_on_from_where_it_failed() -> None:
    states = {1: ActionState.DONE, 2: ActionState.FAILED, 3: ActionState.UNDONE}
    record = _record(a_hand("block", FAILED, acted=states, reason="x").retry().run, "block")
    assert (record.state, record.actions, record.reason) == (READY, (1, 3), "")
    assert _record(a_hand("do", FAILED, ready_at=None).retry().run, "do").state is WAITING
    with pytest.raises(StepRefused, match="it is ready"):
        a_hand("do").retry()


def test_a_repeat_that_failed_goes_on_too() -> None:
    assert _record(a_hand("watch", FAILED).retry().run, "watch").state is READY


HELD = {
    "ada": {"ciso"},
    "ben": {"ciso", "legal", "lead"},
    "dana": {"ciso", "legal", "lead"},
    "chidi": {"legal"},
    "eve": {"other"},
}


def _may(person: str, role: str) -> bool:
    return role in HELD[person]


def test_each_role_consents_by_another_person() -> None:
    change = a_hand("tell", by="dana").approve(_may)
    assert _record(change.run, "tell").approvals == ("ciso:dana",)
    hand = a_hand("tell", by="chidi", approvals=("ciso:dana",))
    assert _record(hand.approve(_may).run, "tell").approvals == ("ciso:dana", "legal:chidi")


def test_nobody_is_stuck_because_of_the_order_in_which_people_came() -> None:
    change = a_hand("tell", by="ada", approvals=("ciso:dana",)).approve(_may)
    assert _record(change.run, "tell").approvals == ("ciso:ada", "legal:dana")


@pytest.mark.parametrize(
    ("hand", "why"),
    [
        (a_hand("tell", by="ben"), "began this run"),
        (a_hand("tell", by="dana", run=a_run(started_by="cli:dana")), "began this run"),
        (a_hand("tell", by="dana", run=a_run(started_by="dana by token:ci")), "began this run"),
        (a_hand("tell", by="dana", approvals=("ciso:dana",)), "has consented already"),
        (a_hand("tell", by="eve"), "none of the roles"),
        (a_hand("tell", by="dana", approvals=("ciso:ada", "legal:chidi")), "none of the roles"),
        (a_hand("do", by="dana"), "none of the roles"),
        (a_hand("block", by="dana"), "given to its actions"),
    ],
)
def test_consent_is_refused(hand: Hand, why: str) -> None:
    with pytest.raises(ApprovalRefused, match=why):
        hand.approve(_may)


def test_a_step_is_handed_over() -> None:
    change = a_hand("ask").hand_over(["chidi ", "chidi"])
    record = _record(change.run, "ask")
    assert (record.owners, change.owners) == (("chidi",), ("chidi",))
    node = a_hand("ask").spot.node
    assert owners_of(node, record) == ("chidi",)  # type: ignore[arg-type]
    assert owners_of(node, replace(record, owners=None)) == ("oncall",)  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [[], [" "], ["a:b"], ["x" * 81]])
def test_nobody_is_no_owner(names: list[str]) -> None:
    with pytest.raises(StepRefused, match="No role or person"):
        a_hand("ask").hand_over(names)


def test_only_who_is_known_owns_or_approves_a_step() -> None:
    hand, known = a_hand("ask", by="cli:ada"), ("ada", "chidi", "legal")
    for act in (hand.hand_over, hand.name_approvers):
        with pytest.raises(OwnerUnknown, match="'eve, mallory'") as refused:
            act(["ada", "eve", "mallory"], known)
        assert refused.value.next_step == "Name some of: ada, chidi, legal."
    assert hand.hand_over(["ada", "legal"], known).owners == ("legal",)


def test_other_approvers_keep_the_consent_that_still_counts() -> None:
    hand = a_hand("tell", approvals=("ciso:dana", "legal:chidi"))
    record = _record(hand.name_approvers(["ciso", "deputy"]).run, "tell")
    assert (record.approvers, record.approvals) == (("ciso", "deputy"), ("ciso:dana",))
    with pytest.raises(StepRefused, match="fewer roles"):
        hand.name_approvers(["ciso"])


@pytest.mark.parametrize(("minutes", "missed"), [(1, True), (0, False), (-1, False)])
def test_a_step_that_ends_late_says_so(minutes: float, missed: bool) -> None:
    hand = a_hand("do", due_at=NOON - timedelta(minutes=minutes))
    assert (_record(hand.done().run, "do").missed_at is not None) is missed


def test_a_miss_keeps_its_time() -> None:
    earlier = NOON - timedelta(minutes=5)
    hand = a_hand("do", due_at=earlier, missed_at=earlier)
    assert _record(hand.done().run, "do").missed_at == earlier


def test_a_run_is_ended_once_and_with_a_reason() -> None:
    ended = abort(a_run(), "a false alarm", by="ada", now=NOON)
    assert (ended.run.state, ended.run.ended_by, ended.run.reason) == (
        RunState.ABORTED,
        "ada",
        "a false alarm",
    )
    with pytest.raises(RunOver):
        abort(ended.run, "again", by="ada", now=NOON)
    with pytest.raises(StepReasonMissing):
        abort(a_run(), "", by="ada", now=NOON)
    with pytest.raises(RunOver):
        a_hand("do", run=ended.run).done()
