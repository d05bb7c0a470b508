"""Runs as every door shows them: what is next first, who, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from nouns import NOON, a_run, an_action, an_incident
from tocsin.app.runs import by_urgency, followed_record, run_number, run_record, step_record
from tocsin.domain.action import Approval
from tocsin.domain.errors import NotFound
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.flow.runs import Followed
from tocsin.runbooks.outline import outline
from tocsin.runbooks.reading import read
from tocsin.runbooks.scope import Facts
from tocsin.runbooks.stepping import advance

BOOK = read(
    """
runbook: book
title: A book
steps:
- parallel:
  - {id: keep, do: Keep, within: 1m, keep: app.log}
  - {id: ask, do: Ask, owner: oncall, within: 5m, ask: {who: '{{ incident.name }}', how: [a, b]}}
  - {id: tell, do: Tell, approve: ciso, see: 'https://wiki.example'}
- {id: watch, repeat: {every: 15m, until: ask.who}, steps: [{id: look, do: Look}]}
- {id: sub, call: book}
""",
    "book.yml",
)


def _followed(run: Run) -> Followed:
    facts = Facts(incident=an_incident(opened_at=NOON))
    run = advance(BOOK, run, facts, NOON).run
    return Followed(run, facts.incident, BOOK, outline(BOOK, run, {}), facts)


def test_what_waits_for_people_comes_before_what_goes_on_by_itself() -> None:
    shown = followed_record(_followed(a_run(steps={})), NOON)
    assert (shown["next"]["place"], shown["next"]["owners"]) == ("ask", ["oncall"])
    assert shown["next"]["due_at"] == (NOON + timedelta(minutes=5)).isoformat()
    assert [step["place"] for step in shown["steps"]] == [
        "keep",
        "ask",
        "tell",
        "watch",
        "watch#1/look",
        "sub",
    ]
    kinds = {step["place"]: step["kind"] for step in shown["steps"]}
    assert (kinds["watch"], kinds["sub"], kinds["tell"]) == ("repeat", "call", "step")


def test_an_answer_is_proposed_and_choices_are_named() -> None:
    shown = followed_record(_followed(a_run(steps={})), NOON)
    ask = next(step for step in shown["steps"] if step["place"] == "ask")
    assert ask["asks"] == [
        {"name": "who", "choices": [], "proposed": "INC-1"},
        {"name": "how", "choices": ["a", "b"], "proposed": ""},
    ]
    tell = next(step for step in shown["steps"] if step["place"] == "tell")
    assert (tell["wanted_approvals"], tell["is_link"], tell["done_by_hand"]) == (["ciso"], True, False)


def test_a_step_whose_action_waits_for_consent_says_for_whom() -> None:
    record = StepRecord(place="keep", state=StepState.READY, actions=(1,))
    followed = _followed(a_run(steps={}))
    for consents, roles in (((), ["ciso", "legal"]), (("legal",), ["ciso"]), (("legal", "ciso"), [])):
        action = an_action(number=1, approvers=("ciso", "legal"))
        given = tuple(
            Approval(person=f"p-{role}", role=role, at=NOON, digest=action.digest) for role in consents
        )
        facts = replace(followed.facts, actions={1: replace(action, approvals=given)})
        spots = tuple(
            replace(spot, record=record) if spot.place == "keep" else spot for spot in followed.spots
        )
        shown = followed_record(replace(followed, facts=facts, spots=spots), NOON)
        step = next(each for each in shown["steps"] if each["place"] == "keep")
        assert (step["waits_for_consent_of"], step["waits_for_people"]) == (roles, bool(roles))


def test_steps_are_sorted_by_who_waits_and_by_time() -> None:
    steps: list[dict[str, Any]] = [
        {"place": "c", "waits_for_people": False, "due_at": "1"},
        {"place": "b", "waits_for_people": True, "due_at": None},
        {"place": "a", "waits_for_people": True, "due_at": "2"},
    ]
    assert [step["place"] for step in by_urgency(steps)] == ["a", "b", "c"]


def test_a_run_names_its_open_and_its_late_steps() -> None:
    late = StepRecord(place="ask", state=StepState.READY, missed_at=NOON)
    record = run_record(a_run(steps={"ask": late}), "INC-1")
    assert (record["open_steps"], record["missed"], record["incident"]) == (["ask"], ["ask"], "INC-1")


def test_a_run_that_has_ended_has_nothing_left_to_do_and_no_clock_that_runs() -> None:
    followed = _followed(a_run(steps={}))
    ended = replace(followed.run, state=RunState.ABORTED, ended_at=NOON + timedelta(minutes=7))
    later = NOON + timedelta(days=2)
    shown = followed_record(replace(followed, run=ended), later)
    assert (shown["next"], shown["open_steps"]) == (None, [])
    assert {step["state"] for step in shown["steps"]} == {"not-done"}
    assert not any(step["waits_for_people"] or step.get("asks") for step in shown["steps"])
    ask = next(step for step in shown["steps"] if step["place"] == "ask")
    assert ask["late_by"] == "2m"


@pytest.mark.parametrize(
    ("done_at", "late"),
    [(None, "55m"), (NOON + timedelta(minutes=9), "4m"), (NOON + timedelta(minutes=5), "")],
)
def test_a_step_that_is_done_stays_as_late_as_it_was(done_at: datetime | None, late: str) -> None:
    followed = _followed(a_run(steps={}))
    spot = next(spot for spot in followed.spots if spot.place == "ask")
    record = replace(spot.record, done_at=done_at, state=StepState.DONE if done_at else StepState.READY)
    shown = step_record(replace(spot, record=record), followed, NOON + timedelta(hours=1))
    assert shown["late_by"] == late


@pytest.mark.parametrize(("text", "number"), [("RUN-3", 3), ("run-3", 3), ("3", 3)])
def test_a_run_has_a_short_name(text: str, number: int) -> None:
    assert run_number(text) == number


@pytest.mark.parametrize("text", ["", "RUN-", "RUN-x", "RUN-1234567890", "ACT-3"])
def test_what_is_no_name_of_a_run_is_refused(text: str) -> None:
    with pytest.raises(NotFound):
        run_number(text)
