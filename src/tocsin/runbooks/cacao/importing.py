"""Reads a CACAO 2.0 playbook: our own back without loss, foreign ones as steps that people do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tocsin.runbooks.cacao.exporting import exported
from tocsin.runbooks.cacao.foreign import taken_over
from tocsin.runbooks.cacao.graph import Placed, PlaybookRefused, tree_of
from tocsin.runbooks.cacao.ids import EXTENSION
from tocsin.runbooks.reading import read
from tocsin.runbooks.writing import Part, parts_of, written_parts

MOST_CHARACTERS = 1_048_576
_OF_THE_CARRIER = frozenset(
    {"created", "modified", "created_by", "signatures", "markings", "data_marking_definitions", "revoked"}
)
"""What others may add to a playbook on its way without changing what is to be done."""


def imported(text: str, path: str) -> str:
    """Return the runbook file of a playbook. Raises `PlaybookRefused`, `RunbookWrong`.

    One that we exported becomes the same runbook again; if its native part was changed, it is refused with
    the step named, for our extension would then say something else.
    """
    playbook = _parsed(text)
    head = _extension(playbook, "playbook_extensions")
    if not head:
        foreign, nodes = taken_over(playbook)
        found = written_parts(foreign, parts_of(nodes))
        read(found, path)
        return found
    found = written_parts(head, _parts(tree_of(playbook)))
    _demand_the_same(playbook, exported(read(found, path)))
    return found


def _parsed(text: str) -> Mapping[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise PlaybookRefused(f"The file has more than {MOST_CHARACTERS:,} characters.", "Split it.")
    try:
        playbook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaybookRefused(f"The file is not JSON: {error}.", "Export it again.") from error
    if not isinstance(playbook, dict) or playbook.get("type") != "playbook":
        raise PlaybookRefused("The file is no playbook.", "A playbook is an object of type `playbook`.")
    if playbook.get("spec_version") != "cacao-2.0":
        raise PlaybookRefused("The playbook is not of CACAO 2.0.", "Export it as `cacao-2.0`.")
    return playbook


def _extension(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return what our extension says there, nothing where it does not."""
    extensions = of.get(key)
    found = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}


def _parts(chain: Iterable[Placed]) -> tuple[Part, ...]:
    """Return steps of ours as entries of a file: the extension says what they are, the graph where."""
    return tuple(part for placed in chain for part in _part(placed))


def _part(placed: Placed) -> Iterator[Part]:
    inner = tuple(_parts(chain) for _, chain in placed.branches)
    if placed.kind == "parallel":
        yield Part(branches=inner)
        return
    if placed.kind == "if-condition":
        # The condition stands in the extension of the one step inside.
        yield from (part for branch in inner for part in branch)
        return
    keys = _extension(placed.step, "step_extensions")
    if not keys:
        raise PlaybookRefused(
            f"The step {placed.step_id[:120]} was added to a playbook of ours, and has no extension.",
            "Add the step to the runbook, or remove our extensions from the whole playbook.",
        )
    yield Part(keys, steps=tuple(part for branch in inner for part in branch))


def _demand_the_same(given: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    theirs, expected = given["workflow"], ours["workflow"]
    changed = sorted({*theirs, *expected}, key=lambda each: (each in theirs, each))
    for step_id in changed:
        if theirs.get(step_id) != expected.get(step_id):
            raise _changed(f"The step {step_id}")
    for key in sorted({*given, *ours} - _OF_THE_CARRIER):
        if given.get(key) != ours.get(key):
            raise _changed(f"The property `{key[:80]}`")


def _changed(what: str) -> PlaybookRefused:
    return PlaybookRefused(
        f"{what} says something else than our extension of it.",
        "Change the runbook itself, or remove our extensions to import the playbook as a foreign one.",
    )
