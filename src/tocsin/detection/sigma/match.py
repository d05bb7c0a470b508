"""Judge a record by many rules at once: route it, pick the few rules that could hold, and ask only those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tocsin.detection.sigma.logsource import LogSource, origin, signature
from tocsin.detection.sigma.predicates import Op, Predicate, Test
from tocsin.detection.sigma.readings import Facts, Memo, Reading, canonical_number
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import All, Interned, Members, Not, Tree, predicates

# Distinct log sources remembered; records may invent product names, so the memory is emptied when full.
MOST_SIGNATURES = 4_096

_EXACT = frozenset({Op.EQUALS, Op.NUMBER})
_INDEXED = _EXACT | {Op.STARTSWITH, Op.ENDSWITH}
_UNINDEXED = frozenset({Op.NULL, Op.EXISTS, Op.FIELD})

# A value that more rules than this ask for doesn't tell them apart.
COMMON = 8

Group = tuple[Predicate, ...]
Cost = Callable[[Group], tuple[int, ...]]


class Matcher:
    """All rules, compiled once. Its caches never change an answer."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._interned = Interned()
        self._verdicts = tuple(self._interned.compile(rule.tree) for rule in rules)
        self._memo = Memo()
        self._signatures: dict[tuple[object, ...], _Route] = {}
        self._routes: dict[tuple[int, ...], _Route] = {}
        self._sources: dict[LogSource, list[int]] = {}
        for number, rule in enumerate(rules):
            self._sources.setdefault(rule.logsource, []).append(number)

    def hits(self, record: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the numbers of the rules that hold for a record, ascending. Never raises."""
        if not isinstance(record, Mapping):
            return ()
        route = self._route(record)
        facts = Facts(record, self._memo)
        return tuple(number for number in route.candidates(facts) if self._verdicts[number](facts))

    def asks_about(self, record: Mapping[str, Any]) -> bool:
        """Say whether any rule speaks about the log source of a record."""
        return isinstance(record, Mapping) and self._route(record).has_rules

    def _route(self, record: Mapping[str, Any]) -> _Route:
        signed = signature(record)
        route = self._signatures.get(signed)
        if route is None:
            source = origin(signed)
            chosen = tuple(
                sorted(n for wanted, numbers in self._sources.items() if source.fits(wanted) for n in numbers)
            )
            route = self._routes.get(chosen)
            if route is None:
                trees = {number: self._rules[number].tree for number in chosen}
                route = self._routes[chosen] = _Route(len(self._routes), trees, self._interned)
            if len(self._signatures) >= MOST_SIGNATURES:
                self._signatures.clear()
            self._signatures[signed] = route
        return route


class _Route:
    """The rules of one kind of record, indexed by what must be true for each of them."""

    def __init__(self, number: int, trees: Mapping[int, Tree], interned: Interned) -> None:
        self._number = number
        self.has_rules = bool(trees)
        cost = _costing(trees.values())
        always: list[int] = []
        self._fields: dict[str | None, _Index] = {}
        for rule, tree in trees.items():
            witness = min(_witnesses(tree, cost), key=cost, default=None)
            if witness is None:
                always.append(rule)
                continue
            for predicate in witness:
                self._fields.setdefault(predicate.field, _Index()).add(predicate, rule, interned)
        self._always = tuple(always)

    def candidates(self, facts: Facts) -> list[int]:
        """Return the rules that may hold for a record, ascending; every rule that holds is among them."""
        chosen = set(self._always)
        for field, index in self._fields.items():
            for reading in facts.found(field).readings:
                known = reading.routed.get(self._number)
                if known is None:
                    known = reading.routed[self._number] = index.rules(reading)
                if known:
                    chosen.update(known)
        return sorted(chosen)


class _Index:
    """One field of a route: exact values by look-up, both ends by length, the rest one by one."""

    def __init__(self) -> None:
        self._exact: dict[str | float, set[int]] = {}
        self._edges: dict[tuple[bool, int], dict[str, set[int]]] = {}
        self._tests: dict[Predicate, tuple[Test, set[int]]] = {}

    def add(self, predicate: Predicate, rule: int, interned: Interned) -> None:
        word = predicate.value
        if predicate.op is Op.EQUALS:
            folded = str(word).casefold()
            self._exact.setdefault(folded, set()).add(rule)
            number = canonical_number(folded)
            if number is not None:
                self._exact.setdefault(number, set()).add(rule)
        elif predicate.op is Op.NUMBER:
            self._exact.setdefault(float(word or 0), set()).add(rule)
        elif predicate.op in (Op.STARTSWITH, Op.ENDSWITH):
            folded = str(word).casefold()
            edge = (predicate.op is Op.ENDSWITH, len(folded))
            self._edges.setdefault(edge, {}).setdefault(folded, set()).add(rule)
        else:
            self._tests.setdefault(predicate, (interned.test(predicate), set()))[1].add(rule)

    def rules(self, reading: Reading) -> tuple[int, ...]:
        folded = reading.folded
        found = set(self._exact.get(folded, ()))
        if reading.number is not None:
            found |= self._exact.get(reading.number, set())
        for (at_end, length), words in self._edges.items():
            found |= words.get(folded[max(0, len(folded) - length) :] if at_end else folded[:length], set())
        for test, rules in self._tests.values():
            if test(reading):
                found |= rules
        return tuple(found)


def _witnesses(tree: Tree, cost: Cost) -> list[Group]:
    """Return groups of predicates; of each group at least one is true whenever the tree is."""
    if isinstance(tree, Predicate):
        return [] if tree.op in _UNINDEXED else [(tree,)]
    if isinstance(tree, Not | Members):
        return []
    if isinstance(tree, All):
        return [group for branch in tree.branches for group in _witnesses(branch, cost)]
    joined: list[Predicate] = []
    for branch in tree.branches:
        best = min(_witnesses(branch, cost), key=cost, default=None)
        if best is None:
            return []
        joined.extend(best)
    return [tuple(joined)]


def _costing(trees: Iterable[Tree]) -> Cost:
    """Return how dear a group is: scans before look-ups, common values before rare ones, odd fields last."""
    values: Counter[Predicate] = Counter()
    fields: Counter[str | None] = Counter()
    for tree in trees:
        exact = {predicate for predicate in predicates(tree) if predicate.op in _EXACT}
        values.update(exact)
        fields.update({predicate.field for predicate in exact})

    def cost(group: Group) -> tuple[int, ...]:
        keywords = sum(predicate.field is None for predicate in group)
        scanned = sum(predicate.op not in _INDEXED for predicate in group)
        edges = sum(predicate.op not in _EXACT for predicate in group)
        common = max(values[predicate] for predicate in group)
        rarest = min(fields[predicate.field] for predicate in group)
        return keywords, scanned, edges, int(common > COMMON), -rarest, common

    return cost
