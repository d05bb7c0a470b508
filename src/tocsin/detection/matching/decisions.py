"""The decision graph of one route: a node tests one field, its children are what the answer leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from tocsin.detection.matching.formulas import EMPTY, FALSE, TRUE, Formula
from tocsin.detection.matching.lexicon import WHOLE_RECORD, Lexicon
from tocsin.detection.matching.shapes import Getter
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.matching.witnesses import Witnesses
from tocsin.detection.sigma.readings import Facts

Residual = Mapping[int, Formula]
Hits = tuple[int, ...]

_LAST = 1 << 30


class View(Protocol):
    """One record as the end of a walk sees it."""

    def signature(self, field: int) -> Signature:
        """Return the signature of what the record holds under a field."""
        ...

    def facts(self) -> Facts:
        """Return the whole record, for questions that need it."""
        ...


class Budget:
    """Memory that the nodes of all routes may take, in bytes, roughly."""

    def __init__(self, limit: int, flush: Callable[[], None]) -> None:
        self._limit, self._flush = limit, flush
        self._left = limit

    def spend(self, size: int) -> None:
        """Count what was made; when nothing is left, have everything dropped and begin again."""
        self._left -= size
        if self._left < 0:
            self._left = self._limit
            self._flush()


class Node(dict[Any, "Node"]):
    """Where a walk stands. `getter` reads the field to test; without one the walk is over here.

    A node that tests is a memo of its children by the value of its field, so a known value costs one look-up.
    `quiet` says that the walk is over and no rule holds.
    """

    __slots__ = ("getter", "quiet")

    def __init__(self) -> None:
        super().__init__()
        self.getter: Getter | None = None
        self.quiet = False

    def follow(self, view: View) -> Node:
        """Return the child for a record. Only a node that tests has children."""
        raise NotImplementedError

    def finish(self, view: View) -> Hits:
        """Return the rules that hold for a record whose walk ends here, ascending."""
        raise NotImplementedError


class Leaf(Node):
    """Nothing is open any more."""

    __slots__ = ("fired",)

    def __init__(self, fired: Hits) -> None:
        super().__init__()
        self.fired = fired
        self.quiet = not fired

    def finish(self, view: View) -> Hits:
        """Return the rules that fired on the way."""
        return self.fired


class Flat(Node):
    """The rest of the rules at once: those whose witness is true are evaluated.

    It stands where a field's signatures explode, so that every record would make new nodes, and where only
    questions about the whole record are left.
    """

    __slots__ = ("_fired", "_graph", "_known", "_open", "_unwitnessed", "fields")

    def __init__(self, graph: Graph, fired: Hits, residual: Residual) -> None:
        super().__init__()
        self._graph = graph
        self._fired, self._open = fired, residual
        asked: frozenset[int] = EMPTY.union(*(formula.fields for formula in residual.values()))
        self.fields = tuple(sorted(asked - {WHOLE_RECORD}))
        # Answers by all signatures together, for as long as none needs the whole record.
        self._known: dict[tuple[Signature, ...], Hits] | None = None if WHOLE_RECORD in asked else {}
        self._unwitnessed = tuple(rule for rule in residual if not graph.witnesses.has(rule))

    def finish(self, view: View) -> Hits:
        """Return the rules that hold, by all signatures together."""
        signatures = tuple([view.signature(field) for field in self.fields])
        if self._known is None:
            return self._judged(signatures, view)
        known = self._known.get(signatures)
        if known is None:
            known = self._known[signatures] = self._judged(signatures, view)
            self._graph.budget.spend(300 + sum(map(len, signatures)) * 8)
        return known

    def _judged(self, signatures: tuple[Signature, ...], view: View) -> Hits:
        true = set().union(*signatures)
        graph, residual = self._graph, self._open
        suspects = [rule for rule in graph.witnesses.suspects(true) if rule in residual]
        suspects += self._unwitnessed
        whole = [rule for rule in suspects if WHOLE_RECORD in residual[rule].fields]
        if whole:
            facts, verdicts = view.facts(), graph.lexicon.verdicts
            for formula in {residual[rule] for rule in whole}:
                asked = graph.lexicon.formulas.asked(formula, WHOLE_RECORD)
                true |= {number for number in asked if verdicts[number](facts)}
        found = [rule for rule in suspects if residual[rule].holds(true)]
        return tuple(sorted({*self._fired, *found}))


class Fork(Node):
    """One field is looked at; children are made when the first record needs them."""

    __slots__ = ("_children", "_default", "_fired", "_graph", "_open", "field", "reader", "signatures")

    def __init__(self, graph: Graph, field: int, fired: Hits, residual: Residual) -> None:
        super().__init__()
        self.field = field
        self.signatures = graph.signatures[field]
        self.reader = graph.getters[field]
        self._graph = graph
        self._fired, self._open = fired, residual
        self._children: dict[Signature, Node] = {}
        # What is left where no predicate about the field is true; other children differ from it by few rules.
        self._default: tuple[Hits, Residual] | None = None
        if field not in graph.cold:
            self.getter = self.reader

    def __missing__(self, value: Any) -> Node:
        """Return the child for a value not seen here before."""
        child = self.child(self.signatures[value])
        # Values that the memo of signatures does not keep (0, 1 and the truth values are equal) are not kept here.
        if value in self.signatures:
            self[value] = child
            self._graph.budget.spend(150 + (len(value) if type(value) is str else 0))
        return child

    def follow(self, view: View) -> Node:
        """Return the child for a record."""
        return self.child(view.signature(self.field))

    def finish(self, view: View) -> Hits:
        """Go on from here with the whole record: the field was not decoded so far."""
        return walked(self, view)

    def child(self, signature: Signature) -> Node:
        """Return the child for a signature."""
        known = self._children.get(signature)
        if known is None:
            known = self._children[signature] = self._grow(signature)
        return known

    def _grow(self, signature: Signature) -> Node:
        graph, before = self._graph, self._open
        fired, residual = self._without()
        touched = {rule for number in signature for rule in graph.rules_by_predicate.get(number, ())}
        touched &= before.keys()
        if not touched:
            return graph.node(fired, residual)
        given = graph.lexicon.formulas.given
        now, left = set(fired) - touched, dict(residual)
        for rule in touched:
            formula = given(before[rule], self.field, signature)
            left.pop(rule, None)
            if formula is TRUE:
                now.add(rule)
            elif formula is not FALSE:
                left[rule] = formula
        return graph.node(tuple(sorted(now)), left)

    def _without(self) -> tuple[Hits, Residual]:
        if self._default is None:
            given = self._graph.lexicon.formulas.given
            left = {rule: given(formula, self.field, EMPTY) for rule, formula in self._open.items()}
            fired = {*self._fired, *(rule for rule, formula in left.items() if formula is TRUE)}
            self._default = (
                tuple(sorted(fired)),
                {rule: each for rule, each in left.items() if each is not TRUE and each is not FALSE},
            )
        return self._default


def walked(node: Node, view: View) -> Hits:
    """Walk from a node to the end and return the rules that hold."""
    while isinstance(node, Fork):
        node = node.follow(view)
    return node.finish(view)


class Graph:
    """All nodes of a route, made on demand and shared where the same rules are left with the same residuals."""

    def __init__(
        self,
        lexicon: Lexicon,
        residual: Residual,
        fired: Hits,
        *,
        signatures: Sequence[Signatures],
        getters: Mapping[int, Getter],
        budget: Budget,
    ) -> None:
        self.lexicon, self.signatures, self.getters, self.budget = lexicon, signatures, getters, budget
        self._fired, self._residual = fired, residual
        self.rules_by_predicate: dict[int, list[int]] = {}
        for rule, formula in residual.items():
            for field in formula.fields:
                for number in lexicon.formulas.asked(formula, field):
                    self.rules_by_predicate.setdefault(number, []).append(rule)
        self.fields = frozenset[int]().union(*(each.fields for each in residual.values())) - {WHOLE_RECORD}
        # Learned while records pass; see `reorder`.
        self._order = tuple(sorted(self.fields))
        self._rank = {field: place for place, field in enumerate(self._order)}
        self.cold: frozenset[int] = EMPTY
        self.exploding: frozenset[int] = EMPTY
        self.witnesses = Witnesses(residual, EMPTY, {})
        self._nodes: dict[object, Node] = {}
        self._first: dict[Formula, int] = {}

    def reorder(
        self, order: Iterable[int], *, cold: frozenset[int], exploding: frozenset[int], witnesses: Witnesses
    ) -> None:
        """Drop all nodes and go on with another order of fields."""
        self._order = tuple(order)
        self._rank = {field: place for place, field in enumerate(self._order)}
        self.cold, self.exploding, self.witnesses = cold, exploding, witnesses
        self.drop()

    def drop(self) -> None:
        """Forget all nodes; walks under way end well."""
        self._nodes, self._first = {}, {}

    def root(self) -> Node:
        """Return where every walk begins."""
        return self.node(self._fired, self._residual)

    def node(self, fired: Hits, residual: Residual) -> Node:
        """Return the node for rules that fired and what is open of others."""
        key = (fired, frozenset(residual.items()))
        known = self._nodes.get(key)
        if known is None:
            known = self._nodes[key] = self._made(fired, residual)
            self.budget.spend(1_500 + 250 * len(residual))
        return known

    def _made(self, fired: Hits, residual: Residual) -> Node:
        if not residual:
            return Leaf(fired)
        first = min(map(self._earliest, residual.values()))
        if first == _LAST:
            return Flat(self, fired, residual)
        return Fork(self, self._order[first], fired, residual)

    def _earliest(self, formula: Formula) -> int:
        known = self._first.get(formula)
        if known is None:
            tame = formula.fields - self.exploding
            known = min((self._rank[field] for field in tame if field != WHOLE_RECORD), default=_LAST)
            self._first[formula] = known
        return known
