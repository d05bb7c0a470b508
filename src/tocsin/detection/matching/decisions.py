"""The decision graph of one route: a node tests one field, its children are what the answer leaves open."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from tocsin.detection.matching.formulas import EMPTY, FALSE, TRUE, Formula
from tocsin.detection.matching.lexicon import KEYWORDS, WHOLE_RECORD, Lexicon
from tocsin.detection.matching.shapes import Getter
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.matching.witnesses import Witnesses
from tocsin.detection.sigma.readings import Facts

Residual = Mapping[int, Formula]
Hits = tuple[int, ...]

_LAST = 1 << 30

# Combinations of values that a trunk remembers; when full it is emptied.
MOST_COMBINATIONS = 16_384
_PSEUDO = frozenset({WHOLE_RECORD, KEYWORDS})


class View(Protocol):
    """One record as the end of a walk sees it."""

    def signature(self, field: int) -> Signature:
        """Return the signature of what the record holds under a field."""
        ...

    def text(self, field: int) -> str:
        """Return the text of a field, empty for what is no text."""
        ...

    def without(self, keywords: frozenset[int]) -> bool:
        """Say whether a glimpse shows that none of some keywords is true."""
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

    __slots__ = (
        "_fired", "_graph", "_keywords", "_known", "_open", "_others", "_own", "_unwitnessed",
        "fields",
    )  # fmt: skip

    def __init__(self, graph: Graph, fired: Hits, residual: Residual) -> None:
        super().__init__()
        self._graph = graph
        self._fired, self._open = fired, residual
        asked: frozenset[int] = EMPTY.union(*(formula.fields for formula in residual.values()))
        self.fields = tuple(sorted(asked - _PSEUDO))
        # Rules whose witness is about fields tested before have another one in what is left of them.
        left = {rule: formula for rule, formula in residual.items() if not graph.witnesses.has(rule)}
        self._own = Witnesses(left, graph.rules_by_predicate.keys(), graph.witnesses.seen)
        self._unwitnessed = tuple(rule for rule in left if not self._own.has(rule))
        # The questions about the whole record: those that a glimpse at the line may rule out, and others.
        whole = EMPTY.union(*(graph.of_the_whole(formula) for formula in residual.values()))
        self._keywords = frozenset(whole & graph.lexicon.needles.keys())
        self._others = whole - self._keywords
        # Answers by all signatures together, where no question about the whole record is true.
        self._known: dict[tuple[Signature, ...], Hits] = {}

    def finish(self, view: View) -> Hits:
        """Return the rules that hold, by all signatures together."""
        signatures = tuple([view.signature(field) for field in self.fields])
        asked = self._others
        if self._keywords and not view.without(self._keywords):
            asked |= self._keywords
        if asked:
            return self._judged(signatures, asked, view)
        known = self._known.get(signatures)
        if known is None:
            known = self._known[signatures] = self._judged(signatures, EMPTY, view)
            self._graph.budget.spend(300 + sum(map(len, signatures)) * 8)
        return known

    def _judged(self, signatures: tuple[Signature, ...], asked: frozenset[int], view: View) -> Hits:
        """Return the rules that hold; of the questions about the whole record only `asked` may be true."""
        true = set().union(*signatures)
        graph, residual = self._graph, self._open
        suspects = [rule for rule in graph.witnesses.suspects(true) if rule in residual]
        suspects += [*self._own.suspects(true), *self._unwitnessed]
        needed = asked and asked & EMPTY.union(*(graph.of_the_whole(residual[rule]) for rule in suspects))
        if needed:
            facts, verdicts = view.facts(), graph.lexicon.verdicts
            true |= {number for number in needed if verdicts[number](facts)}
        found = [rule for rule in suspects if residual[rule].holds(true)]
        return tuple(sorted({*self._fired, *found}))


class Fork(Node):
    """One field is looked at; children are made when the first record needs them."""

    __slots__ = (
        "_children", "_default", "_fired", "_graph", "_known", "_open",
        "field", "reader", "signatures",
    )  # fmt: skip

    def __init__(self, graph: Graph, field: int, fired: Hits, residual: Residual) -> None:
        super().__init__()
        self.field = field
        self.signatures = graph.signatures[field]
        self.reader = graph.getters[field]
        self._graph = graph
        self._fired, self._open = fired, residual
        self._children: dict[Signature, Node] = {}
        # Children by what becomes of the rules that a signature says something about.
        self._known: dict[frozenset[tuple[int, Formula]], Node] = {}
        # What is left where no predicate about the field is true; other children differ from it by few rules.
        self._default: tuple[Hits, Residual] | None = None
        if field not in graph.cold:
            self.getter = self.reader

    def __missing__(self, value: Any) -> Node:
        """Return the child for a value not seen here before."""
        child = self.child(self.signatures[value])
        # What the memo of signatures does not keep (0, 1, the truth values are equal) is not kept here.
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
        given, rules = graph.lexicon.formulas.given, graph.rules_by_predicate
        touched = {rule for number in signature if number in rules for rule in rules[number]}
        answers = frozenset(
            [(rule, given(before[rule], self.field, signature)) for rule in touched & before.keys()]
        )
        known = self._known.get(answers)
        if known is None:
            fired, residual = self._without()
            now, left = set(fired), dict(residual)
            for rule, formula in answers:
                now.discard(rule)
                left.pop(rule, None)
                if formula is TRUE:
                    now.add(rule)
                elif formula is not FALSE:
                    left[rule] = formula
            known = self._known[answers] = graph.node(tuple(sorted(now)), left)
        return known

    def _without(self) -> tuple[Hits, Residual]:
        if self._default is None:
            self._default = self._graph.without(self.field, self._fired, self._open)
        return self._default


class Trunk(Node):
    """Several fields that nearly every walk tests; a combination seen before costs one look-up.

    `getter` gives a tuple of their values.
    """

    __slots__ = ("_fields", "_graph", "_start")

    def __init__(self, graph: Graph, fields: Sequence[int], getter: Getter, start: Node) -> None:
        super().__init__()
        self._graph, self._fields, self._start = graph, tuple(fields), start
        self.getter = getter

    def __missing__(self, values: tuple[Any, ...]) -> Node:
        """Return where a walk stands after the fields, for a combination not seen before."""
        signatures = self._graph.signatures
        seen = {field: value for field, value in zip(self._fields, values, strict=True)}
        node = self._start
        while isinstance(node, Fork) and node.field in seen:
            node = node.child(signatures[node.field][seen[node.field]])
        # As in Fork: 0, 1 and the truth values are equal, so a combination with one of them has no place.
        if len(self) >= MOST_COMBINATIONS:
            self.clear()
        for field, value in seen.items():
            if value not in signatures[field]:
                return node
        self[values] = node
        self._graph.budget.spend(300 + sum(len(value) for value in values if type(value) is str))
        return node

    def follow(self, view: View) -> Node:
        """Return the first node behind, which tests the fields one by one."""
        return self._start


def walked(node: Node, view: View) -> Hits:
    """Walk from a node to the end and return the rules that hold."""
    while isinstance(node, Fork | Trunk):
        node = node.follow(view)
    return node.finish(view)


class Graph:
    """All nodes of a route, made on demand; the same residuals of the same rules are one node."""

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
        self._fired, self.residual = fired, residual
        self.rules_by_predicate: dict[int, list[int]] = {}
        for rule, formula in residual.items():
            for field in formula.fields - _PSEUDO:
                for number in lexicon.formulas.asked(formula, field):
                    self.rules_by_predicate.setdefault(number, []).append(rule)
        self.fields = frozenset[int]().union(*(each.fields for each in residual.values())) - _PSEUDO
        # Learned while records pass; see `reorder`.
        self._order = tuple(sorted(self.fields))
        self._rank = {field: place for place, field in enumerate(self._order)}
        self.cold: frozenset[int] = EMPTY
        self.exploding: frozenset[int] = EMPTY
        self.witnesses = Witnesses(residual, EMPTY, {})
        self._whole: Flat | None = None
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
        self._nodes, self._first, self._whole = {}, {}, None

    def root(self) -> Node:
        """Return where a walk begins."""
        return self.node(self._fired, self.residual)

    def whole(self) -> Flat:
        """Return the node that judges by all fields at once, for as long as nothing is learned."""
        if self._whole is None:
            self._whole = Flat(self, self._fired, self.residual)
        return self._whole

    def clear(self) -> Node:
        """Return where a walk begins when no keyword asked of every record is true."""
        return self.node(*self.without(KEYWORDS, self._fired, self.residual))

    def without(self, field: int, fired: Hits, residual: Residual) -> tuple[Hits, Residual]:
        """Return what fires and what stays open where no predicate about a field is true."""
        given = self.lexicon.formulas.given
        # Most rules do not ask about the field, so they are not even looked at by a call.
        touched = [rule for rule, formula in residual.items() if field in formula.fields]
        now, left = set(fired), dict(residual)
        for rule in touched:
            formula = given(left.pop(rule), field, EMPTY)
            if formula is TRUE:
                now.add(rule)
            elif formula is not FALSE:
                left[rule] = formula
        return tuple(sorted(now)), left

    def node(self, fired: Hits, residual: Residual) -> Node:
        """Return the node for rules that fired and what is open of others."""
        # Packed, because a key for each node would be the largest thing in it.
        packed = array("Q", sorted(rule << 40 | formula.number for rule, formula in residual.items()))
        key = (fired, packed.tobytes())
        known = self._nodes.get(key)
        if known is None:
            known = self._nodes[key] = self._made(fired, residual)
            self.budget.spend(1_200 + 120 * len(residual))
        return known

    def of_the_whole(self, formula: Formula) -> frozenset[int]:
        """Return the questions about the whole record in a formula."""
        if formula.fields.isdisjoint(_PSEUDO):
            return EMPTY
        asked = self.lexicon.formulas.asked
        return asked(formula, WHOLE_RECORD) | asked(formula, KEYWORDS)

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
            tame = formula.fields - self.exploding - _PSEUDO
            known = min((self._rank[field] for field in tame), default=_LAST)
            self._first[formula] = known
        return known
