"""A route: the rules of one kind of record, with what is known filled in, and how its lines are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tocsin.detection.matching.decisions import Budget, Flat, Fork, Graph, Hits, Node, Residual, Trunk, View
from tocsin.detection.matching.formulas import EMPTY
from tocsin.detection.matching.glimpses import Glimpse
from tocsin.detection.matching.lexicon import KEYWORDS, Lexicon
from tocsin.detection.matching.shapes import Decode, Getter, Shapes, Unshapely
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.matching.witnesses import Witnesses
from tocsin.detection.sigma.readings import Facts, Memo

# Records looked at closely before a route settles on an order of fields and on what to decode.
SAMPLED = 128

# A field tested in fewer records than this share is decoded only when it is tested.
_COLD = 0.03

# Fields are looked up together if the sample has at most this share of different combinations.
_RECURRING = 0.5


class Grounds:
    """What all routes of a matcher stand on."""

    def __init__(self, lexicon: Lexicon, signatures: Sequence[Signatures], budget: Budget) -> None:
        self.lexicon, self.signatures, self.budget = lexicon, signatures, budget
        self.shapes = Shapes()
        self.getters: dict[int, Getter] = {
            field: self.shapes.getter(name) for field, name in enumerate(lexicon.names) if name
        }
        self.memo = Memo()
        self._glimpses: dict[frozenset[int], Glimpse | None] = {}
        self._sets: dict[frozenset[int], frozenset[int]] = {}

    def interned(self, numbers: frozenset[int]) -> frozenset[int]:
        """Return the one object for equal sets."""
        return self._sets.setdefault(numbers, numbers)

    def glimpse(self, keywords: frozenset[int]) -> Glimpse | None:
        """Return what looks for some keywords in raw lines, or None if one of them has no needle."""
        if keywords not in self._glimpses:
            needles = [self.lexicon.needles.get(number) for number in keywords]
            known = [each for each in needles if each is not None]
            self._glimpses[keywords] = Glimpse(known) if len(known) == len(needles) else None
        return self._glimpses[keywords]


Siblings = dict[tuple[object, ...], "Route"]

# Of one record: field -> its signature, and its text.
Sampled = dict[int, tuple[Signature, str]]


class Route:
    """The rules of one kind of record, the decoder of its lines and the root of its decisions.

    `decode` reads its hot fields only, `full` all of them.
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
        self.read_keys = grounds.shapes.keys(keys)
        self.hot = self.graph.fields
        self.full = self._decoder(self.graph.fields)
        self.decode = self.full
        self._sampled: list[Sampled] = []
        self._trunk: list[int] = []
        self._settled = False
        # Keywords asked of every such record, and where a walk begins when a glimpse has ruled them out.
        asked = (grounds.lexicon.formulas.asked(each, KEYWORDS) for each in residual.values())
        self.wide = grounds.interned(EMPTY.union(*asked))
        self.root: Node = _Probe(self) if self.graph.fields else self.graph.root()
        self.clear: Node = self.root if self.graph.fields else self.graph.clear()

    def flush(self) -> None:
        """Drop all nodes."""
        self.graph.drop()
        if not isinstance(self.root, _Probe):
            self._plant()

    def sample(self, view: View) -> Hits:
        """Judge a record and remember what it shows; after SAMPLED of them the route settles."""
        self._sampled.append(
            {field: (view.signature(field), view.text(field)) for field in self.graph.fields}
        )
        hits = self.graph.whole().finish(view)
        if len(self._sampled) >= SAMPLED:
            self.settle()
        return hits

    def reconsider(self) -> None:
        """Begin to sample again if other fields explode than when the route settled."""
        if self._settled and self._exploding() != self.graph.exploding:
            self._settled = False
            self.root = self.clear = _Probe(self)

    def _exploding(self) -> frozenset[int]:
        signatures = self._grounds.signatures
        return frozenset(field for field in self.graph.fields if signatures[field].explodes())

    def settle(self) -> None:
        """Choose the order of fields, those worth decoding, and the witnesses, from the records sampled."""
        sampled, graph = self._sampled, self.graph
        exploding = self._exploding()
        witnesses = self._witnesses(exploding)
        order = self._order()
        graph.reorder(order, cold=EMPTY, exploding=exploding, witnesses=witnesses)
        tested = Counter(field for each in sampled for field in self._tested(each))
        self.hot = frozenset(field for field, count in tested.items() if count >= _COLD * len(sampled))
        self._trunk = self._combined([field for field, count in tested.items() if count * 2 > len(sampled)])
        order = [*self._trunk, *(field for field in order if field not in self._trunk)]
        graph.reorder(order, cold=graph.fields - self.hot, exploding=exploding, witnesses=witnesses)
        self.decode = self._decoder(self.hot)
        self._sampled = []
        self._settled = True
        self._plant()

    def _witnesses(self, exploding: frozenset[int]) -> Witnesses:
        """Return the witnesses about exploding fields, weighed by what the sample shows."""
        asked = self._grounds.lexicon.formulas.asked
        seen = Counter(number for each in self._sampled for true, _ in each.values() for number in true)
        usable = {
            number
            for formula in self.graph.residual.values()
            for field in formula.fields & exploding
            for number in asked(formula, field)
        }
        return Witnesses(self.graph.residual, usable, seen)

    def _plant(self) -> None:
        """Make the nodes where walks begin."""
        self.root, self.clear = self.graph.root(), self.graph.clear()
        if self._trunk:
            names = [self._grounds.lexicon.names[field] for field in self._trunk]
            getter = self._grounds.shapes.keys(names)
            self.root = Trunk(self.graph, self._trunk, getter, self.root)
            self.clear = Trunk(self.graph, self._trunk, getter, self.clear)

    def _combined(self, fields: list[int]) -> list[int]:
        """Return the fields whose combinations of values keep coming back; one alone needs no trunk."""
        names = self._grounds.lexicon.names
        texts = {
            field: [each[field][1] for each in self._sampled] for field in fields if "." not in names[field]
        }
        chosen: list[int] = []
        for field in sorted(texts, key=lambda each: len(set(texts[each]))):
            combinations = set(zip(*(texts[each] for each in [*chosen, field]), strict=True))
            if len(combinations) <= _RECURRING * len(self._sampled):
                chosen.append(field)
        return chosen if len(chosen) > 1 else []

    def _order(self) -> list[int]:
        """Return the fields, those first that settle most rules at the least cost."""
        asking = Counter(field for formula in self.graph.residual.values() for field in formula.fields)
        return sorted(self.graph.fields, key=lambda field: -asking[field] / self._cost(field))

    def _cost(self, field: int) -> float:
        """Return what testing a field costs: more for many signatures and for long texts."""
        seen = [each[field] for each in self._sampled]
        kinds = len({signature for signature, _ in seen}) / len(seen)
        sizes = sum(len(text) for _, text in seen) / len(seen)
        return 1 + 20 * kinds + sizes / 200

    def _tested(self, sampled: Sampled) -> list[int]:
        """Return the fields that a walk tests for a sampled record."""
        tested, node = [], self.graph.clear()
        while isinstance(node, Fork):
            tested.append(node.field)
            node = node.child(sampled[node.field][0])
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
        """Return the signature of a field. Raises what the decoder raises; TypeError for no plain value."""
        return self._grounds.signatures[field][self._value(field)]

    def text(self, field: int) -> str:
        """Return the text of a field, empty for what is no text."""
        value = self._value(field)
        return value if type(value) is str else ""

    def _value(self, field: int) -> Any:
        record = self._record
        if field not in self._route.hot:
            record = self._full
            if record is None:
                record = self._full = self._route.full(self._line)
        return self._grounds.getters[field](record)

    def without(self, keywords: frozenset[int]) -> bool:
        """Say whether a glimpse at the line shows that none of some keywords is true."""
        glimpse = self._grounds.glimpse(keywords)
        return glimpse is not None and glimpse.clean(self._line)

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

    def text(self, field: int) -> str:
        """Return the text of a field, empty for what is no text."""
        value = self._record.get(self._grounds.lexicon.names[field])
        return value if isinstance(value, str) else ""

    def without(self, keywords: frozenset[int]) -> bool:
        """A decoded record has no raw line to glimpse at."""
        return False

    def facts(self) -> Facts:
        """Return the whole record."""
        if self._facts is None:
            self._facts = Facts(self._record, self._grounds.memo)
        return self._facts
