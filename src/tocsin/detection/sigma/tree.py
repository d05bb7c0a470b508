"""The boolean tree that a rule becomes, and the functions it is compiled to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tocsin.detection.sigma.moments import clock_test
from tocsin.detection.sigma.predicates import FIELD_TESTS, OF_TIME, Op, Predicate, Test, test_of
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


class Quantifier(StrEnum):
    """How many members of a list must fulfil a condition; the last is one of them, by its position."""

    ANY = "any"
    ALL = "all"
    ALL_OR_EMPTY = "all_or_empty"
    NONE = "none"
    AT = "at"


@dataclass(frozen=True, slots=True)
class Members:
    """Members of the list `field` fulfil the branch, each judged as a record of its own (T11).

    The proposal is https://github.com/SigmaHQ/sigma-specification/issues/212. A member that is no map is
    known by the field `.`. `position` is for AT; negative ones count from the end.
    """

    field: str
    quantifier: Quantifier
    branch: Tree
    position: int = 0


Tree = All | Any_ | Not | Members | Predicate
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
        if isinstance(tree, Members):
            return _members(tree, self.compile(tree.branch))
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
        if predicate.op in OF_TIME:
            return _timed(clock_test(predicate))
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


def _timed(test: Callable[[int], bool]) -> Verdict:
    return lambda facts: facts.time is not None and test(facts.time)


def _members(tree: Members, inner: Verdict) -> Verdict:
    field = tree.field
    match tree.quantifier:
        case Quantifier.ANY:
            return lambda facts: any(inner(each) for each in facts.elements(field))
        case Quantifier.NONE:
            return lambda facts: not any(inner(each) for each in facts.elements(field))
        case Quantifier.ALL_OR_EMPTY:
            return lambda facts: all(inner(each) for each in facts.elements(field))
        case Quantifier.AT:
            return lambda facts: any(inner(each) for each in _at(facts, field, tree.position))

    def every(facts: Facts) -> bool:
        answers = [inner(each) for each in facts.elements(field)]
        return bool(answers) and all(answers)

    return every


def _at(facts: Facts, field: str, position: int) -> tuple[Facts, ...]:
    found = tuple(facts.elements(field))
    return found[position:][:1] if -len(found) <= position < len(found) else ()


def needs_time(tree: Tree) -> bool:
    """Say whether a tree asks when the event happened."""
    return any(predicate.op in OF_TIME for predicate in predicates(tree))


def timeless(tree: Tree) -> Tree:
    """Return a tree without questions about time that holds at least wherever the given one does."""
    return _timeless(tree, held=True)


TRUE = All(())
FALSE = Any_(())


def _timeless(tree: Tree, *, held: bool) -> Tree:
    """Replace questions about time by `held`, turned round below each `not`, and drop what that decides."""
    if isinstance(tree, Predicate):
        asked = tree.op in OF_TIME
        return (TRUE if held else FALSE) if asked else tree
    if isinstance(tree, Members):
        # What its members answer cannot be told apart, so the whole question is given up.
        return (TRUE if held else FALSE) if needs_time(tree) else tree
    if isinstance(tree, Not):
        inner = _timeless(tree.branch, held=not held)
        return FALSE if inner == TRUE else TRUE if inner == FALSE else Not(inner)
    branches = tuple(_timeless(branch, held=held) for branch in tree.branches)
    decided, idle = (FALSE, TRUE) if isinstance(tree, All) else (TRUE, FALSE)
    if decided in branches:
        return decided
    left = tuple(branch for branch in branches if branch != idle)
    return left[0] if len(left) == 1 else type(tree)(left)


def predicates(tree: Tree) -> Iterator[Predicate]:
    """Yield every predicate of a tree, as often as it stands there."""
    if isinstance(tree, Predicate):
        yield tree
    elif isinstance(tree, Not | Members):
        yield from predicates(tree.branch)
    else:
        for branch in tree.branches:
            yield from predicates(branch)
