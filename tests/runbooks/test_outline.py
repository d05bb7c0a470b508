"""A run is shown whole: what was, what is, what is still to come."""

from __future__ import annotations

from nouns import a_run
from tocsin.domain.run import StepRecord, StepState
from tocsin.domain.runbook import Runbook
from tocsin.runbooks.outline import outline, spot_at
from tocsin.runbooks.reading import read

INNER = read("runbook: inner\ntitle: Inner\nsteps: [{id: look, do: Look}]\n", "inner.yml")
BOOK = read(
    """
runbook: book
title: A book
steps:
- {id: first, do: First}
- parallel:
  - {id: a, do: A}
  - [{id: b, do: B}, {id: sub, call: inner}]
- {id: watch, repeat: {every: 15m, until: look.ok}, steps: [{id: look, do: Look}]}
- {id: gone, call: nowhere}
""",
    "book.yml",
)


def _places(books: dict[str, Runbook], **steps: StepRecord) -> list[tuple[str, int]]:
    return [(spot.place, spot.branch) for spot in outline(BOOK, a_run(steps=steps), books)]


def test_every_place_is_there_in_the_order_of_the_file() -> None:
    assert _places({"inner": INNER}) == [
        ("first", 0),
        ("a", 1),
        ("b", 2),
        ("sub", 2),
        ("sub.look", 0),
        ("watch", 0),
        ("watch#1/look", 0),
        ("gone", 0),
    ]


def test_every_round_so_far_is_there() -> None:
    watch = StepRecord(place="watch", state=StepState.READY, output={"round": 3})
    places = [place for place, _ in _places({}, watch=watch)]
    assert places[-4:] == ["watch#1/look", "watch#2/look", "watch#3/look", "gone"]


def test_a_place_is_found_with_its_record_or_not_at_all() -> None:
    first = StepRecord(place="first", state=StepState.DONE)
    run = a_run(steps={"first": first})
    found = spot_at(BOOK, run, {}, "first")
    assert found is not None
    assert found.record == first
    assert spot_at(BOOK, run, {}, "nowhere") is None
    waiting = spot_at(BOOK, run, {}, "a")
    assert waiting is not None
    assert waiting.record.state is StepState.WAITING


def test_a_circle_of_calls_is_shown_to_a_depth_only() -> None:
    circle = read("runbook: circle\ntitle: C\nsteps: [{id: on, call: circle}]\n", "c.yml")
    assert len(outline(circle, a_run(steps={}), {"circle": circle})) == 9
