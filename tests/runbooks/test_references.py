"""Names in expressions must be set before they are used, and answers must be possible."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON, an_incident
from tocsin.runbooks.reading import look_over, read
from tocsin.runbooks.references import INCIDENT, reference_faults
from tocsin.runbooks.scope import Facts, Scope, names_for

HEAD = "runbook: a\ntitle: T\nsteps:\n"


def reasons(steps: str) -> list[str]:
    draft = look_over(HEAD + steps, "a.yml")
    assert draft.runbook is not None
    return [reason for _, _, reason in reference_faults(draft.runbook)]


@pytest.mark.parametrize(
    "steps",
    [
        "- {id: a, do: D, ask: {x: [p, q]}}\n- {id: b, do: D, if: a.x == 'p'}\n",
        "- {id: a, do: D, ask: {x: [p, q]}}\n- {id: b, do: D, if: \"'q' == a.x or a.x in ['p', 'q']\"}\n",
        "- {id: a, do: D, run: s.t}\n- {id: b, do: D, run: s.t, with: {x: '{{ a.any.thing }}'}}\n",
        "- {id: a, do: D, run: s.t, ask: {x: '{{ a.found }}'}}\n",
        "- {id: a, do: D, run: [s.t, {u.v: '{{ a.found }}'}]}\n",
        "- {id: a, do: D, if: incident.age > 30m and alert.instance}\n",
        "- {id: r, repeat: {every: 1m, until: a.x}, steps: [{id: a, do: D, ask: {x: text}}]}\n"
        "- {id: b, do: D, if: a.x}\n",
        "- {id: c, call: other}\n- {id: b, do: D, if: c.found.x}\n",
        "- parallel:\n  - {id: a, do: D, ask: {x: text}}\n  - {id: b, do: D}\n- {call: c, if: a.x > 5}\n",
        "- {id: a, do: D, ask: {x: text}}\n- {id: b, do: D, if: a}\n- {id: c, do: D, if: a.x == 'any'}\n",
    ],
)
def test_names_that_are_there_in_time_are_right(steps: str) -> None:
    assert reasons(steps) == []


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("- {id: a, do: D, if: b.x}\n", "`b.x` names no step."),
        ("- {id: a, do: D, if: action.x}\n", "`action.x` names no step."),
        ("- {id: a, do: D, if: incident.mood}\n", "`incident.mood` is nothing that an incident has."),
        ("- {id: a, do: D, if: incident}\n", "`incident` is nothing that an incident has."),
        (
            "- {id: a, do: D, if: b.x}\n- {id: b, do: D, ask: {x: text}}\n",
            "`b.x` is used before the step `b` is done.",
        ),
        (
            "- {id: a, do: D, ask: {x: '{{ a.y }}'}}\n",
            "`a.y` is used before the step `a` is done.",
        ),
        (
            "- {id: a, do: D, run: s.t, with: {x: '{{ a.y }}'}}\n",
            "`a.y` is used before the step `a` is done.",
        ),
        (
            "- parallel:\n  - {id: a, do: D, ask: {x: text}}\n  - {id: b, do: D, if: a.x}\n",
            "`a.x` is used before the step `a` is done.",
        ),
        (
            "- {id: a, do: D, ask: {x: text}}\n- {id: b, do: D, if: a.y}\n",
            "The step `a` runs nothing and asks for no `y`.",
        ),
        (
            "- {id: a, do: D, ask: {x: [p, q]}}\n- {id: b, do: D, if: \"a.x in ['p', 'r', 5]\"}\n",
            "`r` is no answer of p, q.",
        ),
        (
            "- {id: a, do: D, ask: {x: [p, q]}}\n- {call: b, if: \"'r' == a.x\"}\n",
            "`r` is no answer of p, q.",
        ),
    ],
)
def test_a_name_that_is_not_there_is_told(steps: str, reason: str) -> None:
    assert reasons(steps) == [reason]


def test_expressions_that_cannot_be_read_are_reported_by_the_reader_alone() -> None:
    assert reasons("- {id: a, do: D, if: 'a b', run: s.t, with: {x: '{{ a b }}'}}\n") == []


def test_what_an_incident_has_is_what_a_run_can_ask_for() -> None:
    book = read(HEAD + "- {id: a, do: D}\n", "a.yml")
    names = names_for(
        Scope(book=book, forbid=()), {}, Facts(incident=an_incident()), NOON + timedelta(hours=1)
    )
    assert frozenset(names["incident"]) == INCIDENT
