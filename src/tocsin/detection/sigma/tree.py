"""The boolean tree that a rule becomes, and the functions it is compiled to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tocsin.detection.sigma.predicates import FIELD_TESTS, Op, Predicate, Test, test_of
from tocsin.detection.sigma.readings import Facts


@dataclass(frozen=True, slots=True)
class All:
    """Every branch holds; true without branches."""

    branches: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - the trailing underscore keeps typing's Any free.
    """At least one branch holds."""

    branches: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The branch does not hold; two-valued, so true where a field is absent (S14)."""

    branch: Tree


Tree = All | Any_ | Not | Predicate
Verdict = Callable[[Facts], bool]

# Members of two list fields that are compared with each other; more would let one record cost seconds.
MOST_COMPARED = 100


class Interned:
    """The distinct predicates of a plan, each with a number and its compiled test."""

    def __init__(self) -> None:
        self._verdicts: dict[Predicate, Verdict] = {}
        self._tests: dict[Predicate, Test] = {}

    def __len__(self) -> int:
        """Return how many distinct predicates there are."""
        return len(self._verdicts)

    def compile(self, tree: Tree) -> Verdict:
        """Return the function that judges a record by a tree; equal predicates share their answers."""
        if isinstance(tree, Predicate):
            return self._predicate(tree)
        if isinstance(tree, Not):
            inner = self.compile(tree.branch)
            return lambda facts: not inner(facts)
        verdicts = tuple(self.compile(branch) for branch in tree.branches)
        return _every(verdicts) if isinstance(tree, All) else _some(verdicts)

    def test(self, predicate: Predicate) -> Test:
        """Return the predicate's test of one reading."""
        known = self._tests.get(predicate)
        if known is None:
            known = self._tests[predicate] = test_of(predicate)
        return known

    def _predicate(self, predicate: Predicate) -> Verdict:
        known = self._verdicts.get(predicate)
        if known is None:
            known = self._verdicts[predicate] = self._verdict(predicate)
        return known

    def _verdict(self, predicate: Predicate) -> Verdict:
        field = predicate.field
        if predicate.op is Op.NULL:
            return lambda facts: not facts.found(field).present or facts.found(field).null
        if predicate.op is Op.EXISTS:
            wanted = bool(predicate.value)
            return lambda facts: facts.found(field).present is wanted
        if predicate.op is Op.FIELD:
            return _compared(predicate)
        return _remembered(field, len(self._verdicts), self.test(predicate))


def _every(verdicts: tuple[Verdict, ...]) -> Verdict:
    def every(facts: Facts) -> bool:
        for verdict in verdicts:  # noqa: SIM110 - a generator costs twice the loop here.
            if not verdict(facts):
                return False
        return True

    return every


def _some(verdicts: tuple[Verdict, ...]) -> Verdict:
    def some(facts: Facts) -> bool:
        for verdict in verdicts:  # noqa: SIM110 - a generator costs twice the loop here.
            if verdict(facts):
                return True
        return False

    return some


def _remembered(field: str | None, number: int, test: Test) -> Verdict:
    def holds(facts: Facts) -> bool:
        for reading in facts.found(field).readings:
            answer = reading.answers.get(number)
            if answer is None:
                answer = reading.answers[number] = test(reading)
            if answer:
                return True
        return False

    return holds


def _compared(predicate: Predicate) -> Verdict:
    compare, other = FIELD_TESTS[predicate.detail], str(predicate.value)

    def holds(facts: Facts) -> bool:
        rights = facts.found(other).readings[:MOST_COMPARED]
        return any(
            compare(left.folded, right.folded)
            for left in facts.found(predicate.field).readings[:MOST_COMPARED]
            for right in rights
        )

    return holds


def predicates(tree: Tree) -> Iterator[Predicate]:
    """Yield every predicate of a tree, as often as it stands there."""
    if isinstance(tree, Predicate):
        yield tree
    elif isinstance(tree, Not):
        yield from predicates(tree.branch)
    else:
        for branch in tree.branches:
            yield from predicates(branch)
