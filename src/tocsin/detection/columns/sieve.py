"""Find the rows of a block that some rule may hold for: every question is put once to each distinct value.

Rows of the same kind walk together through what is left of the rules, field by field; a row is let go when
nothing can hold for it any more. What columns cannot decide stays a suspect: the row is then judged from the
record itself, so that the answer is the same as if every record had been read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from tocsin.detection.columns.block import KIND_FIELDS, SERVICE, SERVICE_WITHIN, Block, Column, Layout, above
from tocsin.detection.columns.keywords import Keywords, part
from tocsin.detection.columns.packing import paired, used
from tocsin.detection.columns.walk import Node, Walk
from tocsin.detection.matching import vectorscan
from tocsin.detection.matching.families import MakeScanner
from tocsin.detection.matching.formulas import EMPTY, Formula
from tocsin.detection.matching.lexicon import WHOLE_RECORD, Lexicon
from tocsin.detection.matching.scanners import PatternCache
from tocsin.detection.matching.signatures import Signature, Signatures
from tocsin.detection.sigma.logsource import LogSource, origin, signature
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import predicates

MOST_KINDS = 4_096
# Characters of texts remembered for one field of one kind of record.
MOST_CHARACTERS = 8_000_000
# Where rows stay as different as this, each is judged by itself.
FEWEST_A_GROUP = 2
LEAST_GROUPS = 256


@dataclass(slots=True)
class _Walking:
    """Rows of one kind on their walk: the node of each, by number."""

    rows: Any
    at: Any
    nodes: list[Node]
    suspects: list[Any] = field(default_factory=list)

    def keep(self, alive: Any, suspected: Any) -> None:
        """Let go of rows: those suspected are found, those neither alive nor suspected cannot hold."""
        self.suspects.append(self.rows[suspected])
        self.rows, self.at = self.rows[alive], self.at[alive]


@dataclass(frozen=True, slots=True)
class Sifted:
    """The rows for which a rule may hold, ascending, and how many are of kinds that no rule speaks about."""

    suspects: Any
    unasked: int


class Sieve:
    """All rules, compiled once for columns. Its memory never changes an answer."""

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        patterns: PatternCache | None = None,
        make_scanner: MakeScanner = vectorscan.scanner,
    ) -> None:
        self._lexicon = Lexicon()
        self._sources: dict[LogSource, list[Formula]] = {}
        for rule in rules:
            self._sources.setdefault(rule.logsource, []).append(self._lexicon.formula(rule.tree))
        self._signatures = [
            Signatures(name, asked, make_scanner, patterns)
            for name, asked in zip(self._lexicon.names, self._lexicon.asked, strict=True)
        ]
        self._walk = Walk(self._lexicon.formulas)
        # The numbers of keywords that can be looked for in the records' bytes, each with a part of it.
        self._parts: dict[int, str] = {}
        for predicate in (each for rule in rules for each in predicates(rule.tree)):
            word = part(predicate)
            if word is not None:
                self._parts.update(dict.fromkeys(self._lexicon.formula(predicate).literals, word))
        self._keywords: dict[Signature, Keywords] = {}
        self._answers: dict[tuple[Node, int], _Answers] = {}
        self._kinds: dict[tuple[str | None, ...], Node | None] = {}

    def sift(self, block: Block, layout: Layout) -> Sifted:
        """Return the rows for which a rule may hold; for all others none does."""
        if not layout.tells_kinds():
            return Sifted(np.arange(block.rows), 0)
        found, unasked = [np.flatnonzero(block.odd)], 0
        for start, rows in self._routed(block, layout):
            if start is None or start.fired:
                found.append(rows)
            elif start.open:
                found += self._walked(block, layout, start, rows)
            else:
                unasked += len(rows)
        return Sifted(np.unique(np.concatenate(found)), unasked)

    def _routed(self, block: Block, layout: Layout) -> list[tuple[Node | None, Any]]:
        """Return the rows by where their walk starts, without odd ones; None where that is not known."""
        names = [name for name in KIND_FIELDS if name in layout.columns]
        columns = block.columns(names)
        kinds, at = _kinds(columns, names, block.rows)
        starts = [self._start(dict(zip(names, texts, strict=True))) for texts in kinds]
        numbers: dict[Node | None, int] = {}
        by_kind = np.array([numbers.setdefault(start, len(numbers)) for start in starts], dtype=np.int32)
        route = np.where(block.odd, -1, by_kind[at])
        return [(start, np.flatnonzero(route == number)) for start, number in numbers.items()]

    def _start(self, texts: Mapping[str, str | None]) -> Node | None:
        key = tuple(texts.get(name) for name in KIND_FIELDS)
        if key not in self._kinds:
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
                self._answers.clear()
            self._kinds[key] = self._made(texts)
        return self._kinds[key]

    def _made(self, texts: Mapping[str, str | None]) -> Node | None:
        """Return where the walk of a kind of record starts, None for texts that no decoder takes."""
        try:
            record = {name: orjson.loads(text) for name, text in texts.items() if text is not None}
        except orjson.JSONDecodeError:
            return None
        within = record.pop(SERVICE_WITHIN, None)
        if within is not None and SERVICE not in record:
            record[SERVICE] = {"serviceName": within}
        source = origin(signature(record))
        fitting = [each for wanted, open_ in self._sources.items() if source.fits(wanted) for each in open_]
        return self._walk.start(fitting)

    def _walked(self, block: Block, layout: Layout, start: Node, rows: Any) -> list[Any]:
        """Walk rows of one kind through the fields, those with the fewest values first."""
        walking = _Walking(rows, np.zeros(len(rows), dtype=np.int32), [start])
        names = self._lexicon.names
        asked = sorted(start.fields - {WHOLE_RECORD})
        told = [number for number in asked if layout.tells(names[number])]
        there = [number for number in told if names[number] in layout.columns]
        columns = block.columns([names[number] for number in there])
        sizes = {number: len(used(columns[names[number]].codes[rows], len(columns[names[number]].texts)))
                 for number in there}  # fmt: skip
        for number in sorted(told, key=lambda each: sizes.get(each, 0)):
            if not len(walking.rows):
                break
            if not any(number in node.fields for node in walking.nodes):
                continue
            lists = _lists_above(block, layout, names[number], walking.rows)
            column = columns.get(names[number])
            self._step(walking, number, self._seen(start, number, column, walking.rows), lists)
        return [*walking.suspects, self._left(block, walking)]

    def _left(self, block: Block, walking: _Walking) -> Any:
        """Return the suspects among rows for which only questions about the whole record are left.

        Where these are keywords, the bytes tell the rows that have none.
        """
        if not len(walking.rows):
            return walking.rows
        asked = [self._walk.asked(node, WHOLE_RECORD) for node in walking.nodes]
        idle = [
            node.fields == {WHOLE_RECORD}
            and self._parts.keys() >= numbers
            and not self._walk.child(node, WHOLE_RECORD, EMPTY).fired
            for numbers, node in zip(asked, walking.nodes, strict=True)
        ]
        without = np.array(idle, dtype=bool)[walking.at]
        rows = walking.rows[without]
        if len(rows):
            wanted = EMPTY.union(*(numbers for numbers, clean in zip(asked, idle, strict=True) if clean))
            rows = rows[self._keywords_of(wanted).may_hold(*block.raw(rows))]
        return np.concatenate([walking.rows[~without], rows])

    def _keywords_of(self, numbers: Signature) -> Keywords:
        known = self._keywords.get(numbers)
        if known is None:
            known = self._keywords[numbers] = Keywords(self._parts[number] for number in numbers)
        return known

    def _step(
        self, walking: _Walking, number: int, seen: tuple[Any, list[Signature | None]], lists: Any
    ) -> None:
        """Tell all rows what they hold under one field."""
        keys, values = seen
        at, nodes, signed = paired(walking.at, keys, (len(walking.nodes), len(values)))
        if len(nodes) > max(LEAST_GROUPS, len(walking.rows) // FEWEST_A_GROUP):
            walking.keep(np.zeros(len(at), dtype=bool), np.ones(len(at), dtype=bool))
            return
        children = [
            self._child(walking.nodes[node], number, values[key])
            for node, key in zip(nodes.tolist(), signed.tolist(), strict=True)
        ]
        distinct = {id(child): child for child in children if child is not None}
        walking.nodes = list(distinct.values())
        places = {key: place for place, key in enumerate(distinct)}
        renumbered = np.array([-1 if c is None else places[id(c)] for c in children], dtype=np.int32)
        fired = np.array([child is None or child.fired for child in children], dtype=bool)
        alive = np.array([child is not None and bool(child.open) for child in children], dtype=bool)
        suspected = fired[at] if lists is None else fired[at] | lists
        kept = alive[at] & ~suspected
        walking.at = renumbered[at]
        walking.keep(kept, suspected)

    def _child(self, node: Node, number: int, value: Signature | None) -> Node | None:
        """Return what is left of a node; None where the value cannot be told and the node asks for it."""
        if number not in node.fields:
            return node
        return None if value is None else self._walk.child(node, number, value)

    def _seen(
        self, start: Node, number: int, column: Column | None, rows: Any
    ) -> tuple[Any, list[Signature | None]]:
        """Return the number of each row's signature, and the signatures."""
        answers = self._answers.get((start, number))
        if answers is None or answers.characters > MOST_CHARACTERS:
            answers = _Answers(self._signatures[number], self._walk.asked(start, number))
            self._answers[start, number] = answers
        if column is None:
            return np.zeros(len(rows), dtype=np.int32), answers.signatures
        codes, texts = column.codes[rows], column.texts
        here = used(codes, len(texts))
        # The last entry stands for code -1, a record without the field.
        table = np.zeros(len(texts) + 1, dtype=np.int32)
        table[here] = [answers[texts[code]] for code in here.tolist()]
        return table[codes], answers.signatures


class _Answers(dict[str, int]):
    """What each text of a field answers to the rules of one kind of record, as a number into `signatures`.

    The first one is the answer of a record without the field; None is that of a text which the decoder of
    whole records might not take.
    """

    __slots__ = ("_all", "_asked", "_numbers", "characters", "signatures")

    def __init__(self, signatures: Signatures, asked: Signature) -> None:
        super().__init__()
        self._all, self._asked = signatures, asked
        self.characters = 0
        absent = signatures.of({}) & asked
        self.signatures: list[Signature | None] = [absent]
        self._numbers: dict[Signature | None, int] = {absent: 0}

    def __missing__(self, text: str) -> int:
        value = self._read(text)
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.signatures)
            self.signatures.append(value)
        self[text] = number
        self.characters += len(text)
        return number

    def _read(self, text: str) -> Signature | None:
        if text[0] == '"' and "\\" not in text:
            return self._all[text[1:-1]] & self._asked
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return self._all.of({self._all.name: value}) & self._asked


def _kinds(
    columns: Mapping[str, Column], names: Sequence[str], rows: int
) -> tuple[list[tuple[str | None, ...]], Any]:
    """Return the distinct combinations of texts in some columns, and for each row which it has."""
    at = np.zeros(rows, dtype=np.int32)
    kinds: list[tuple[str | None, ...]] = [()]
    for name in names:
        codes, texts = columns[name].codes, columns[name].texts
        at, before, own = paired(at, codes + np.int32(1), (len(kinds), len(texts) + 1))
        kinds = [
            (*kinds[left], None if right == 0 else texts[right - 1])
            for left, right in zip(before.tolist(), own.tolist(), strict=True)
        ]
    return kinds, at


def _lists_above(block: Block, layout: Layout, name: str, rows: Any) -> Any:
    """Return which rows hold a list above a dotted name, which stands for its members; None for none."""
    names = [each for each in above(name) if each in layout.columns]
    found = None
    for column in block.columns(names).values():
        lists = np.array([text[:1] == "[" for text in column.texts] + [False], dtype=bool)
        if lists.any():
            here = lists[column.codes[rows]]
            found = here if found is None else found | here
    return found
