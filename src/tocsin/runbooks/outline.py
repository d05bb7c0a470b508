"""Every place of a run, in the order in which people read it, with the step that belongs there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.domain.run import Run, StepRecord, StepState
from tocsin.domain.runbook import Called, Node, Parallel, Repeat, Runbook, Step
from tocsin.runbooks.scope import Scope
from tocsin.runbooks.stepping import DEEPEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One step, repeat or call of a run. One that was not reached yet has a record that waits.

    `branch` is the number of the branch it stands in (1 first), 0 outside of any.
    """

    node: Step | Repeat | Called
    record: StepRecord
    scope: Scope
    branch: int = 0

    @property
    def place(self) -> str:
        """Return where in the run it stands."""
        return self.record.place


def outline(book: Runbook, run: Run, books: Mapping[str, Runbook]) -> tuple[Spot, ...]:
    """Return the spots of a run: of a repeat all rounds so far, of a call the steps of what it calls."""
    return tuple(_spots(book.nodes, Scope(book=book, forbid=book.forbid), run.steps, books, 0))


def spot_at(book: Runbook, run: Run, books: Mapping[str, Runbook], place: str) -> Spot | None:
    """Return the spot of a place, None when the run has no such place."""
    return next((spot for spot in outline(book, run, books) if spot.place == place), None)


def _spots(
    nodes: Sequence[Node],
    scope: Scope,
    records: Mapping[str, StepRecord],
    books: Mapping[str, Runbook],
    branch: int,
) -> Iterator[Spot]:
    for node in nodes:
        if isinstance(node, Parallel):
            for number, inner in enumerate(node.branches, start=1):
                yield from _spots(inner, scope, records, books, number)
        else:
            record = _record(scope.prefix + _name(node), records)
            yield Spot(node=node, record=record, scope=scope, branch=branch)
            yield from _inside(node, record, scope, records, books)


def _name(node: Step | Repeat | Called) -> str:
    match node:
        case Step(step_id=name) | Repeat(repeat_id=name):
            return name
        case _:
            return node.call_id


def _inside(
    node: Step | Repeat | Called,
    record: StepRecord,
    scope: Scope,
    records: Mapping[str, StepRecord],
    books: Mapping[str, Runbook],
) -> Iterator[Spot]:
    match node:
        case Repeat(nodes=inner):
            for number in range(1, int(record.output.get("round", 1)) + 1):
                yield from _spots(inner, scope.in_round(record.place, number), records, books, 0)
        case Called(runbook=name) if name in books and scope.depth < DEEPEST:
            called = scope.called(record.place, books[name])
            yield from _spots(called.book.nodes, called, records, books, 0)


def _record(place: str, records: Mapping[str, StepRecord]) -> StepRecord:
    return records.get(place) or StepRecord(place=place, state=StepState.WAITING)
