"""A rule's witness: a group of predicates of which one must be true, so most rules need no look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from tocsin.detection.matching.formulas import Every, Formula, Non

Group = frozenset[int]
Weigh = Callable[[Group], float]


class Witnesses:
    """Witnesses of the predicates in `usable`, the rarest by how often each was `seen` to be true."""

    def __init__(
        self, rules: Mapping[int, Formula], usable: AbstractSet[int], seen: Mapping[int, int]
    ) -> None:
        self.seen = seen
        self._rules_by_witness: dict[int, list[int]] = {}
        self._witnessed: set[int] = set()

        def weight(group: Group) -> float:
            # A predicate never seen true may be still; more of them are more of a risk.
            return sum(seen.get(number, 0) + 0.01 for number in group)

        for rule, formula in rules.items():
            group = best(formula, usable, weight)
            if group is not None:
                self._witnessed.add(rule)
                for number in group:
                    self._rules_by_witness.setdefault(number, []).append(rule)

    def has(self, rule: int) -> bool:
        """Say whether a rule has a witness."""
        return rule in self._witnessed

    def suspects(self, true: AbstractSet[int]) -> set[int]:
        """Return the rules of whose witness a predicate is true; all others with a witness don't hold."""
        by_witness = self._rules_by_witness
        return {rule for number in true if number in by_witness for rule in by_witness[number]}


def best(formula: Formula, usable: AbstractSet[int], weight: Weigh) -> Group | None:
    """Return the lightest group of usable predicates of which one is true whenever the formula is."""
    if type(formula) is Non:
        return None
    if type(formula) is Every:
        groups = [frozenset((number,)) for number in formula.literals if number in usable]
        inner = (best(branch, usable, weight) for branch in formula.branches)
        return min([*groups, *(group for group in inner if group is not None)], key=weight, default=None)
    if not formula.literals <= usable:
        return None
    joined = set(formula.literals)
    for branch in formula.branches:
        group = best(branch, usable, weight)
        if group is None:
            return None
        joined |= group
    return frozenset(joined)
