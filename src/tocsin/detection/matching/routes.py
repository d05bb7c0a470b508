"""A route: the rules of one kind of record with what is known of it filled in, and how such lines are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tocsin.detection.matching.decisions import Budget, Flat, Fork, Graph, Hits, Node, Residual, View, walked
from tocsin.detection.matching.lexicon import Lexicon
from tocsin.detection.matching.shapes import Decode, Getter, Shapes, Unshapely
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.matching.witnesses import Witnesses
from tocsin.detection.sigma.readings import Facts, Memo

# Records looked at closely before a route settles on an order of fields and on what to decode.
SAMPLED = 200

# A field tested in fewer records than this share is decoded only when it is tested.
_COLD = 0.03


class Grounds:
    """What all routes of a matcher stand on."""

    def __init__(self, lexicon: Lexicon, signatures: Sequence[Signatures], budget: Budget) -> None:
        self.lexicon, self.signatures, self.budget = lexicon, signatures, budget
        self.shapes = Shapes()
        self.getters: dict[int, Getter] = {
            field: self.shapes.getter(name) for field, name in enumerate(lexicon.names) if field
        }
        self.memo = Memo()


Siblings = dict[tuple[object, ...], "Route"]


class Route:
    """The rules of one kind of record, the decoder of its lines and the root of its decisions.

    `next` is the route of the line that followed last time: the best guess for the next one. `expected` is
    what the keys held last time.
    """

    def __init__(
        self, grounds: Grounds, keys: Sequence[str], fired: Hits, residual: Residual, siblings: Siblings
    ) -> None:
        self._grounds = grounds
        self._keys = keys
        # All routes that are told by the same keys, by what the keys hold.
        self.siblings = siblings
        self.graph = Graph(
            grounds.lexicon,
            residual,
            fired,
            signatures=grounds.signatures,
            getters=grounds.getters,
            budget=grounds.budget,
        )
        self._residual = residual
        self.next = self
        self.expected: object = None
        self.read_keys = grounds.shapes.keys(keys)
        self.hot = self.graph.fields
        self.full = self._decoder(self.graph.fields)
        self.decode = self.full
        self._sampled: list[dict[int, Signature]] = []
        self.root: Node = _Probe(self) if self.graph.fields else self.graph.root()

    def flush(self) -> None:
        """Drop all nodes."""
        self.graph.drop()
        if not isinstance(self.root, _Probe):
            self.root = self.graph.root()

    def sample(self, view: View) -> Hits:
        """Judge a record and remember what it shows; after SAMPLED of them the route settles."""
        seen = {field: view.signature(field) for field in self.graph.fields}
        self._sampled.append(seen)
        hits = walked(self.graph.root(), view)
        if len(self._sampled) >= SAMPLED:
            self.settle()
        return hits

    def settle(self) -> None:
        """Choose the order of fields, the fields worth decoding and the witnesses, from the records sampled."""
        sampled, graph = self._sampled, self.graph
        exploding = frozenset(field for field in graph.fields if self._grounds.signatures[field].explodes())
        seen = Counter(number for each in sampled for signature in each.values() for number in signature)
        usable = {
            number
            for formula in self._residual.values()
            for field in formula.fields & exploding
            for number in self._grounds.lexicon.formulas.asked(formula, field)
        }
        graph.reorder(
            self._order(),
            cold=frozenset(),
            exploding=exploding,
            witnesses=Witnesses(self._residual, usable, seen),
        )
        tested = Counter(field for each in sampled for field in self._tested(each))
        self.hot = frozenset(field for field, count in tested.items() if count >= _COLD * len(sampled))
        graph.reorder(
            self._order(),
            cold=graph.fields - self.hot,
            exploding=exploding,
            witnesses=graph.witnesses,
        )
        self.decode = self._decoder(self.hot)
        self._sampled = []
        self.root = graph.root()

    def _order(self) -> list[int]:
        """Return the fields, those first that settle most rules for the least number of signatures."""
        asking = Counter(field for formula in self._residual.values() for field in formula.fields)
        kinds = {
            field: len({each[field] for each in self._sampled}) / max(1, len(self._sampled))
            for field in self.graph.fields
        }
        return sorted(self.graph.fields, key=lambda field: -asking[field] / (1 + 20 * kinds[field]))

    def _tested(self, seen: Mapping[int, Signature]) -> list[int]:
        """Return the fields that a walk tests for a sampled record."""
        tested, node = [], self.graph.root()
        while isinstance(node, Fork):
            tested.append(node.field)
            node = node.child(seen[node.field])
        return [*tested, *(node.fields if isinstance(node, Flat) else ())]

    def _decoder(self, fields: frozenset[int]) -> Decode:
        names = self._grounds.lexicon.names
        try:
            return self._grounds.shapes.decoder(self._keys, [names[field] for field in fields])
        except Unshapely:
            return _undecodable


def _undecodable(line: bytes) -> Any:
    raise ValueError("no struct has these names")


class _Probe(Node):
    """The root of a route that has not settled yet."""

    __slots__ = ("_route",)

    def __init__(self, route: Route) -> None:
        super().__init__()
        self._route = route

    def finish(self, view: View) -> Hits:
        return self._route.sample(view)


class LineView:
    """A line, decoded for its route; anything more is decoded when asked for."""

    __slots__ = ("_full", "_grounds", "_line", "_record", "_route")

    def __init__(self, grounds: Grounds, route: Route, line: bytes, record: Any) -> None:
        self._grounds, self._route, self._line, self._record = grounds, route, line, record
        self._full: Any = None

    def signature(self, field: int) -> Signature:
        """Return the signature of a field. Raises what the decoder raises, and TypeError for no plain value."""
        record = self._record
        if field not in self._route.hot:
            record = self._full
            if record is None:
                record = self._full = self._route.full(self._line)
        return self._grounds.signatures[field][self._grounds.getters[field](record)]

    def facts(self) -> Facts:
        """Return the whole record. Raises ValueError where the line is no record."""
        return Facts(orjson.loads(self._line), self._grounds.memo)


class RecordView:
    """A record decoded already."""

    __slots__ = ("_facts", "_grounds", "_record")

    def __init__(self, grounds: Grounds, record: Mapping[str, Any]) -> None:
        self._grounds, self._record = grounds, record
        self._facts: Facts | None = None

    def signature(self, field: int) -> Signature:
        """Return the signature of whatever the record holds under a field."""
        return self._grounds.signatures[field].of(self._record)

    def facts(self) -> Facts:
        """Return the whole record."""
        if self._facts is None:
            self._facts = Facts(self._record, self._grounds.memo)
        return self._facts
