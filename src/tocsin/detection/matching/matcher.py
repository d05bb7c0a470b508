"""Judge records by many rules at once. Its memory never changes an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from msgspec import UNSET

from tocsin.detection.matching import vectorscan
from tocsin.detection.matching.decisions import Budget, Hits, Residual, walked
from tocsin.detection.matching.families import MakeScanner
from tocsin.detection.matching.formulas import FALSE, TRUE
from tocsin.detection.matching.lexicon import Lexicon
from tocsin.detection.matching.routes import Grounds, LineView, RecordView, Route, Siblings
from tocsin.detection.matching.scanners import PatternCache
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.sigma.logsource import ROUTING, LogSource, origin, signature
from tocsin.detection.sigma.rule import Rule

# Kinds of records remembered; records may invent names, so the memory is emptied when full.
MOST_KINDS = 4_096

# Memory of all nodes, in bytes, roughly.
NODE_MEMORY = 160_000_000

# Lines from this length on are taken for the kind of the line before.
LONG = 65_536

# Lines after which routes look whether a field has begun to explode.
RECONSIDER = 2_048

# Lines looked at together for keywords.
CHUNK = 64

Key = tuple[object, ...]


class Matcher:
    """All rules, compiled once. One matcher belongs to one thread at a time."""

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        patterns: PatternCache | None = None,
        make_scanner: MakeScanner = vectorscan.scanner,
    ) -> None:
        self._lexicon = Lexicon()
        wide = [_is_wide(rule.logsource) for rule in rules]
        for rule, is_wide in zip(rules, wide, strict=True):
            if is_wide:
                self._lexicon.formula(rule.tree, wide=True)
        self._formulas = [self._lexicon.formula(rule.tree) for rule in rules]
        self._sources: dict[LogSource, list[int]] = {}
        for number, rule in enumerate(rules):
            self._sources.setdefault(rule.logsource, []).append(number)
        self._signatures = [
            Signatures(name, asked, make_scanner, patterns)
            for name, asked in zip(self._lexicon.names, self._lexicon.asked, strict=True)
        ]
        self._grounds = Grounds(self._lexicon, self._signatures, Budget(NODE_MEMORY, self.flush))
        # By the names of the keys that tell a kind of record: its routes by what the keys hold.
        self._kinds: dict[tuple[str, ...], Siblings] = {}
        # Routes by what their keys say about the rules; many kinds share one.
        self._routes: dict[Key, Route] = {}
        self._chosen: dict[Key, tuple[int, ...]] = {}
        self._skim = self._grounds.shapes.decoder(ROUTING, ())
        self._skimmed = self._grounds.shapes.keys(ROUTING)
        # A line is taken for the kind that its length had last time, at first for none of them.
        self._last = Route(self._grounds, ROUTING, (), {}, {})
        self._guesses: dict[int, Route] = {}
        self._heard = 0

    def prepare(self) -> None:
        """Compile or load every pattern database now rather than when it is first needed."""
        for each in self._signatures:
            each.prepare()

    def flush(self) -> None:
        """Drop everything that was made while records passed, except the memo of values."""
        for route in self._routes.values():
            route.flush()
        self._lexicon.formulas.flush()

    def asks_about(self, record: Mapping[str, Any]) -> bool:
        """Say whether any rule speaks about the log source of a record."""
        return isinstance(record, Mapping) and bool(self._rules_for(signature(record)))

    def hits(self, record: Mapping[str, Any]) -> Hits:
        """Return the numbers of the rules that hold for a record, ascending. Never raises."""
        if not isinstance(record, Mapping):
            return ()
        asked = _Asked(record)
        signed = signature(asked)
        names = tuple(asked.names)
        key = tuple(record.get(name, UNSET) for name in names)
        plain = all(type(value) in _PLAIN for value in key)
        route = self._route(names, key, signed) if plain else self._unkeyed(names, signed)
        return walked(route.root, RecordView(self._grounds, record))

    def sift(self, lines: Sequence[bytes]) -> list[tuple[int, Hits]]:
        """Return the lines with hits: the number of each in the batch and the rules that hold, ascending.

        A line that holds no JSON object has no hits. Never raises.
        """
        found: list[tuple[int, Hits]] = []
        for start in range(0, len(lines), CHUNK):
            self._sift_chunk(start, lines[start : start + CHUNK], found)
        self._heard += len(lines)
        if self._heard >= RECONSIDER:
            self._heard = 0
            for route in self._routes.values():
                route.reconsider()
        return found

    def _sift_chunk(self, start: int, lines: Sequence[bytes], found: list[tuple[int, Hits]]) -> None:
        """Sift lines that a glimpse shows free of keywords in one go, and the others each by itself."""
        keywords = self._last.wide
        glimpse = self._grounds.glimpse(keywords) if keywords else None
        if glimpse is None:
            self._sift(start, lines, None, found)
            return
        begin = 0
        for place in glimpse.suspects(lines):
            self._sift(start + begin, lines[begin:place], keywords, found)
            self._sift(start + place, lines[place : place + 1], None, found)
            begin = place + 1
        self._sift(start + begin, lines[begin:], keywords, found)

    def _sift(
        self,
        start: int,
        lines: Sequence[bytes],
        ruled_out: frozenset[int] | None,
        found: list[tuple[int, Hits]],
    ) -> None:
        last, guesses, grounds = self._last, self._guesses, self._grounds
        for number, line in enumerate(lines, start):
            try:
                guess = guesses.get(len(line) >> 5, last)
                record = guess.decode(line)
                route = guess.siblings.get(guess.read_keys(record))
                if route is not guess:
                    route, record = self._turned(guess, route, line, record)
                last = route
                node = route.clear if route.wide is ruled_out else route.root
                getter = node.getter
                while getter is not None:
                    node = node[getter(record)]
                    getter = node.getter
                if node.quiet:
                    continue
                hits = node.finish(LineView(grounds, route, line, record))
                if hits and not _is_record(line):
                    continue
            except (ValueError, TypeError, RecursionError):
                hits = self._generic(line)
            if hits:
                found.append((number, hits))
        self._last = last

    def _turned(self, guess: Route, route: Route | None, line: bytes, record: Any) -> tuple[Route, Any]:
        """Return the right route for a line that was decoded for another one, and its record."""
        if route is None:
            route = self._skimmed_route(line)
        if len(line) < LONG:
            self._guesses[len(line) >> 5] = route
        if route is guess or not route.graph.fields:
            return route, record
        return route, route.decode(line)

    def _skimmed_route(self, line: bytes) -> Route:
        """Return the route of a line by reading only what may tell the log source."""
        values = self._skimmed(self._skim(line))
        record = {name: value for name, value in zip(ROUTING, values, strict=True) if value is not UNSET}
        asked = _Asked(record)
        signed = signature(asked)
        names = tuple(asked.names)
        key = tuple(record.get(name, UNSET) for name in names)
        return self._route(names, key, signed)

    def _generic(self, line: bytes) -> Hits:
        """Judge a line that the structs cannot read."""
        try:
            record = orjson.loads(line)
        except ValueError:
            return ()
        return self.hits(record)

    def _route(self, names: tuple[str, ...], key: Key, signed: Key) -> Route:
        siblings = self._kinds.setdefault(names, {})
        known = siblings.get(key)
        if known is None:
            if len(siblings) >= MOST_KINDS:
                siblings.clear()
            known = siblings[key] = self._made(names, self._rules_for(signed), key)
        return known

    def _unkeyed(self, names: tuple[str, ...], signed: Key) -> Route:
        """Return the route of records whose keys hold odd values, which are then fields like any other."""
        return self._made(names, self._rules_for(signed), ())

    def _made(self, names: tuple[str, ...], rules: tuple[int, ...], key: Key) -> Route:
        """Return the route for some rules with what the keys hold filled in."""
        known: list[tuple[int, Signature]] = []
        for name, value in zip(names, key, strict=False):
            field = self._lexicon.field(name)
            if field is not None:
                known.append((field, self._signatures[field][value]))
        identity = (names, rules, tuple(known))
        route = self._routes.get(identity)
        if route is None:
            if len(self._routes) >= MOST_KINDS:
                self._routes.clear()
            fired, residual = self._filled(rules, known)
            siblings = self._kinds.setdefault(names, {})
            route = self._routes[identity] = Route(self._grounds, names, fired, residual, siblings)
        return route

    def _filled(
        self, rules: tuple[int, ...], known: Sequence[tuple[int, Signature]]
    ) -> tuple[Hits, Residual]:
        fired, residual = [], {}
        for rule in rules:
            formula = self._formulas[rule]
            for field, true in known:
                formula = self._lexicon.formulas.given(formula, field, true)
            if formula is TRUE:
                fired.append(rule)
            elif formula is not FALSE:
                residual[rule] = formula
        return tuple(fired), residual

    def _rules_for(self, signed: Key) -> tuple[int, ...]:
        """Return the numbers of the rules that speak about a log source, ascending."""
        known = self._chosen.get(signed)
        if known is None:
            if len(self._chosen) >= MOST_KINDS:
                self._chosen.clear()
            source = origin(signed)
            fitting = (numbers for wanted, numbers in self._sources.items() if source.fits(wanted))
            known = self._chosen[signed] = tuple(sorted(number for numbers in fitting for number in numbers))
        return known


def _is_wide(source: LogSource) -> bool:
    """Say whether a rule is for all records of a product."""
    return not source.service and not source.category


_PLAIN = frozenset({str, int, type(None), type(UNSET)})


class _Asked(Mapping[str, Any]):
    """A record that notes which of its fields are asked for, in order."""

    __slots__ = ("_record", "names")

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record
        # Used as an ordered set.
        self.names: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        self.names[name] = None
        return self._record[name]

    def __contains__(self, name: object) -> bool:
        self.names[str(name)] = None
        return name in self._record

    def __iter__(self) -> Iterator[str]:
        raise TypeError("a signature asks for fields by their names")

    def __len__(self) -> int:
        return len(self._record)


def _is_record(line: bytes) -> bool:
    """Say whether a line is a JSON object in every part, also in those that the structs skip."""
    try:
        return isinstance(orjson.loads(line), dict)
    except ValueError:
        return False
