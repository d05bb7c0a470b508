"""Write a temporal condition as alternatives: which rules must be seen, and which must stay away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from tocsin.detection.sigma.correlation import Either, Expression, Never, Seen


@dataclass(frozen=True, slots=True, order=True)
class Clause:
    """One alternative; both are sets of rules, one bit each. With `absent` it is decided at a deadline."""

    needed: int
    absent: int


def clauses_of(expression: Expression, bits: Mapping[str, int]) -> tuple[Clause, ...]:
    """Return the alternatives of a condition, one of which must hold; `bits` gives each rule's bit.

    Alternatives that contradict themselves, or that another one covers, are left out.
    """
    found = {clause for clause in _alternatives(expression, bits, wanted=True)}
    sound = {clause for clause in found if not clause.needed & clause.absent}
    return tuple(sorted(clause for clause in sound if not any(_covers(other, clause) for other in sound)))


def _covers(other: Clause, clause: Clause) -> bool:
    """Say whether another alternative asks for less."""
    return other != clause and other.needed & clause.needed == other.needed and other.absent == clause.absent


def _alternatives(expression: Expression, bits: Mapping[str, int], *, wanted: bool) -> list[Clause]:
    if isinstance(expression, Seen):
        bit = bits[expression.word]
        return [Clause(bit, 0) if wanted else Clause(0, bit)]
    if isinstance(expression, Never):
        return _alternatives(expression.branch, bits, wanted=not wanted)
    branches = [_alternatives(branch, bits, wanted=wanted) for branch in expression.branches]
    if isinstance(expression, Either) is wanted:
        return [clause for branch in branches for clause in branch]
    return [_joined(chosen) for chosen in product(*branches)]


def _joined(clauses: tuple[Clause, ...]) -> Clause:
    needed = absent = 0
    for clause in clauses:
        needed |= clause.needed
        absent |= clause.absent
    return Clause(needed, absent)
