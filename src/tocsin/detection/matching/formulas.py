"""Conditions whose answers become known field by field; equal residuals are one object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

EMPTY: frozenset[int] = frozenset()


class Formula:
    """What is left of a condition: numbers of predicates (`literals`) and inner formulas (`branches`).

    Formulas are compared by identity; `Formulas` makes equal ones the same object.
    """

    __slots__ = ("asked", "branches", "fields", "literals", "number")

    def __init__(
        self, number: int, literals: frozenset[int], branches: tuple[Formula, ...], fields: frozenset[int]
    ) -> None:
        self.number = number
        self.literals = literals
        self.branches = branches
        self.fields = fields
        # Field -> the predicates about it in here, at any depth; filled when first asked for.
        self.asked: dict[int, frozenset[int]] = {}

    def holds(self, true: AbstractSet[int]) -> bool:
        """Say whether the formula is true where exactly the predicates in `true` are."""
        raise NotImplementedError


class Every(Formula):
    """All literals and all branches are true; true without any."""

    __slots__ = ()

    def holds(self, true: AbstractSet[int]) -> bool:
        """Say whether nothing in here is false."""
        if not self.literals <= true:
            return False
        for branch in self.branches:  # noqa: SIM110 - a generator costs twice the loop here.
            if not branch.holds(true):
                return False
        return True


class Some(Formula):
    """A literal or a branch is true; false without any."""

    __slots__ = ()

    def holds(self, true: AbstractSet[int]) -> bool:
        """Say whether anything in here is true."""
        if not self.literals.isdisjoint(true):
            return True
        for branch in self.branches:  # noqa: SIM110 - a generator costs twice the loop here.
            if branch.holds(true):
                return True
        return False


class Non(Formula):
    """The only branch is false."""

    __slots__ = ()

    def holds(self, true: AbstractSet[int]) -> bool:
        """Say whether the branch is false."""
        return not self.branches[0].holds(true)


TRUE: Formula = Every(0, EMPTY, (), EMPTY)
FALSE: Formula = Some(1, EMPTY, (), EMPTY)


class Formulas:
    """Makes formulas and fills answers into them; `field_of` gives the field of a predicate's number."""

    def __init__(self, field_of: Sequence[int]) -> None:
        self._field_of = field_of
        self._known: dict[object, Formula] = {}
        self._given: dict[object, Formula] = {}
        self._number = 1

    def flush(self) -> None:
        """Forget everything made so far. Formulas in use stay valid; new equal ones are other objects."""
        self._known.clear()
        self._given.clear()

    def literal(self, predicate: int) -> Formula:
        """Return the formula that is one predicate."""
        return self.every((predicate,))

    def every(self, literals: Iterable[int], branches: Iterable[Formula] = ()) -> Formula:
        """Return the formula that needs all parts."""
        own, kept = set(literals), set[Formula]()
        for branch in branches:
            if branch is FALSE:
                return FALSE
            if type(branch) is Every:
                own |= branch.literals
                kept.update(branch.branches)
            else:
                kept.add(branch)
        if not own and len(kept) == 1:
            return kept.pop()
        return self._one(Every, own, kept) if own or kept else TRUE

    def some(self, literals: Iterable[int], branches: Iterable[Formula] = ()) -> Formula:
        """Return the formula that needs one part."""
        own, kept = set(literals), set[Formula]()
        for branch in branches:
            if branch is TRUE:
                return TRUE
            if type(branch) is Some:
                own |= branch.literals
                kept.update(branch.branches)
            elif type(branch) is Every and len(branch.literals) == 1 and not branch.branches:
                own |= branch.literals
            else:
                kept.add(branch)
        if len(own) + len(kept) == 1:
            return kept.pop() if kept else self.every(own)
        return self._one(Some, own, kept) if own or kept else FALSE

    def non(self, branch: Formula) -> Formula:
        """Return the formula that is true where another is false."""
        if branch is TRUE or branch is FALSE:
            return FALSE if branch is TRUE else TRUE
        return branch.branches[0] if type(branch) is Non else self._one(Non, set(), {branch})

    def asked(self, formula: Formula, field: int) -> frozenset[int]:
        """Return the predicates about a field in a formula, at any depth."""
        known = formula.asked.get(field)
        if known is None:
            field_of = self._field_of
            found = {number for number in formula.literals if field_of[number] == field}
            for branch in formula.branches:
                if field in branch.fields:
                    found |= self.asked(branch, field)
            known = formula.asked[field] = frozenset(found)
        return known

    def given(self, formula: Formula, field: int, true: frozenset[int]) -> Formula:
        """Return what is left of a formula once it is known which predicates about `field` are true."""
        if field not in formula.fields:
            return formula
        seen = true & self.asked(formula, field) if true else EMPTY
        key = (formula, field, seen)
        known = self._given.get(key)
        if known is None:
            known = self._given[key] = self._filled(formula, field, seen)
        return known

    def _filled(self, formula: Formula, field: int, seen: frozenset[int]) -> Formula:
        asked = self.asked(formula, field)
        if type(formula) is Every:
            if not (formula.literals & asked) <= seen:
                return FALSE
        elif not formula.literals.isdisjoint(seen):
            return TRUE
        branches = [self.given(branch, field, seen) for branch in formula.branches]
        if type(formula) is Non:
            return self.non(branches[0])
        left = formula.literals - asked
        return self.every(left, branches) if type(formula) is Every else self.some(left, branches)

    def _one(self, kind: type[Formula], literals: set[int], branches: set[Formula]) -> Formula:
        own = frozenset(literals)
        key = (kind, own, frozenset(branches))
        known = self._known.get(key)
        if known is None:
            self._number += 1
            fields = {self._field_of[number] for number in own}.union(*(each.fields for each in branches))
            ordered = tuple(sorted(branches, key=lambda each: each.number))
            known = self._known[key] = kind(self._number, own, ordered, frozenset(fields))
        return known
