"""The dry run: no call, and yet the calls of the real run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from acting_world import POST, REDEPLOY, SCALE, Partner
from nouns import an_action
from tocsin.domain.action import ActionClass, Residual
from tocsin.domain.playing import drive
from tocsin.response.arguments import FINGERPRINT, SEALED
from tocsin.response.planning import (
    planned,
    residual_words,
    shown_arguments,
    shown_call,
    undo_words,
)


def test_the_plan_lists_the_calls_of_the_real_run() -> None:
    plan = planned(SCALE, {"count": 0})
    partner = Partner()
    drive(SCALE.objects({"count": 0}), lambda service: partner)
    kept = drive(SCALE.before({"count": 0}), lambda service: partner)
    read = len(partner.asked)
    drive(SCALE.perform({"count": 0}, kept, "k"), lambda service: partner)
    drive(SCALE.verify({"count": 0}, kept), lambda service: partner)
    assert [each.operation for each in plan.reads] == [each.operation for each in partner.asked[:read]]
    assert [each.operation for each in plan.calls] == [each.operation for each in partner.asked[read:]]
    assert plan.objects == {"tasks": ("t1",)}
    assert [each.operation for each in plan.undo_calls] == ["set_count"]
    assert planned(REDEPLOY, {}).undo_calls == ()


def test_a_call_is_shown_without_what_is_secret() -> None:
    call = replace(planned(POST, {"text": "Hello"}).calls[0], secret=("key",))
    assert shown_call(call)["parameters"] == {"text": "Hello", "key": "***"}


@pytest.mark.parametrize(
    ("residual", "words"),
    [
        (Residual(remains=""), "Nothing remains."),
        (Residual(remains="Sessions live on."), "Sessions live on (until somebody ends it)."),
        (Residual(remains="Tokens", lasts=timedelta(minutes=90)), "Tokens (for up to 1 h 30 min)."),
        (
            Residual(remains="Tokens", lasts=timedelta(), closed_by="a.b"),
            "Tokens. a.b closes it.",
        ),
        (Residual(remains="It", lasts=timedelta(seconds=5)), "It (for up to 5 s)."),
    ],
)
def test_what_still_works_is_said(residual: Residual, words: str) -> None:
    assert residual_words(replace(SCALE.declaration, residual=residual)) == words


def test_what_only_reads_says_so_in_few_words() -> None:
    reading = replace(REDEPLOY.declaration, action_class=ActionClass.READ, no_undo="It only reads.")
    assert (undo_words(reading), residual_words(reading)) == ("Nothing to undo.", "It changes nothing.")


def test_the_undo_or_its_absence_is_said() -> None:
    assert undo_words(SCALE.declaration) == "Puts the count back."
    assert undo_words(REDEPLOY.declaration) == "It cannot be undone: What was done is done."
    assert undo_words(POST.declaration) == "Nothing to undo."


def test_arguments_are_shown_without_secrets() -> None:
    sealed: dict[str, Any] = {SEALED: "x", FINGERPRINT: "y"}
    assert shown_arguments(an_action(arguments={"a": 1, "b": sealed})) == {"a": 1, "b": "***"}
