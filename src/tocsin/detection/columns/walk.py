"""What is left of all rules after some fields are known, shared wherever the same is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.detection.matching.formulas import EMPTY, FALSE, TRUE, Formula, Formulas
from tocsin.detection.matching.signatures import Signature

MOST_NODES = 100_000


class Node:
    """Conditions still open. With `fired` one of all has become true; with none open nothing can hold."""

    __slots__ = ("asked", "children", "defaults", "fields", "fired", "open", "touching")

    def __init__(self, formulas: frozenset[Formula], *, fired: bool) -> None:
        self.open = formulas
        self.fired = fired
        self.fields = EMPTY.union(*(each.fields for each in formulas))
        self.children: dict[tuple[int, Signature], Node] = {}
        self.asked: dict[int, Signature] = {}
        # By field: what is left of each formula where nothing about it is true; formulas by predicate.
        self.defaults: dict[int, dict[Formula, Formula]] = {}
        self.touching: dict[int, dict[int, list[Formula]]] = {}


class Walk:
    """All nodes of some rules. They are only a memo; who walks drops it when there are too many."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._nodes: dict[frozenset[Formula], Node] = {}
        self.fired = Node(frozenset(), fired=True)

    @property
    def is_full(self) -> bool:
        """Say whether it is time to drop all nodes."""
        return len(self._nodes) > MOST_NODES

    def clear(self) -> None:
        """Forget all nodes. Those in use stay valid; new equal ones are other objects."""
        self._nodes.clear()

    def start(self, formulas: Iterable[Formula]) -> Node:
        """Return the node where nothing is known yet."""
        return self._node(set(formulas))

    def child(self, node: Node, field: int, signature: Signature) -> Node:
        """Return what is left of a node once it is known which predicates about a field are true."""
        key = (field, signature)
        known = node.children.get(key)
        if known is None:
            known = node.children[key] = self._grown(node, field, signature)
        return known

    def settled(self, node: Node, known: Mapping[int, Signature]) -> Node:
        """Return what is left of a node once it is known which predicates about some fields are true.

        It is the child of a child and so on, without the nodes in between.
        """
        given, left = self._formulas.given, set[Formula]()
        fields = known.keys()
        for formula in node.open:
            rest = formula
            for field in fields & formula.fields:
                rest = given(rest, field, known[field])
            if rest is TRUE:
                return self.fired
            left.add(rest)
        return self._node(left)

    def asked(self, node: Node, field: int) -> Signature:
        """Return the predicates about a field that are open in a node."""
        known = node.asked.get(field)
        if known is None:
            asked = self._formulas.asked
            known = EMPTY.union(*(asked(each, field) for each in node.open if field in each.fields))
            node.asked[field] = known
        return known

    def _grown(self, node: Node, field: int, signature: Signature) -> Node:
        if field not in node.defaults:
            self._prepare(node, field)
        touching, defaults = node.touching[field], node.defaults[field]
        touched = {formula for number in signature for formula in touching.get(number, ())}
        left = {default for formula, default in defaults.items() if formula not in touched}
        given = self._formulas.given
        left.update(given(formula, field, signature) for formula in touched)
        return self._node(left)

    def _prepare(self, node: Node, field: int) -> None:
        """Work out what is left of each formula where nothing about the field is true."""
        touching: dict[int, list[Formula]] = {}
        defaults: dict[Formula, Formula] = {}
        for formula in node.open:
            if field not in formula.fields:
                defaults[formula] = formula
                continue
            default = self._formulas.given(formula, field, EMPTY)
            if default is not FALSE:
                defaults[formula] = default
            for number in self._formulas.asked(formula, field):
                touching.setdefault(number, []).append(formula)
        node.touching[field], node.defaults[field] = touching, defaults

    def _node(self, left: set[Formula]) -> Node:
        if TRUE in left:
            return self.fired
        left.discard(FALSE)
        key = frozenset(left)
        known = self._nodes.get(key)
        if known is None:
            known = self._nodes[key] = Node(key, fired=False)
        return known
