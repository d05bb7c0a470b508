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

from tocsin.detection.columns.answers import Answers, Memory, Settled, Told
from tocsin.detection.columns.block import Block, Layout, above
from tocsin.detection.columns.grams import GRAM_ROWS
from tocsin.detection.columns.keywords import Keywords, part
from tocsin.detection.columns.kinds import KIND_FIELDS, SERVICE, SERVICE_WITHIN, Coded, Texts
from tocsin.detection.columns.packing import paired
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
        self._answers: dict[tuple[Node, int], Answers] = {}
        self._memory = Memory()
        self._kinds: dict[Texts, Node | None] = {}

    def sift(self, block: Block, layout: Layout) -> Sifted:
        """Return the rows for which a rule may hold; for all others none does."""
        if len(self._kinds) >= MOST_KINDS or self._memory.is_full or self._walk.is_full:
            self._forget()
        runs = block.runs
        if not layout.tells_kinds():
            return Sifted(np.arange(runs[-1].stop if runs else 0), 0)
        found, unasked = [np.zeros(0, dtype=np.int64)], 0
        routes: dict[Node, list[Any]] = {}
        for texts, first, stop in runs:
            start = None if texts is None else self._start(texts)
            if start is None or start.fired:
                found.append(np.arange(first, stop))
            elif start.open:
                routes.setdefault(start, []).append(np.arange(first, stop))
            else:
                unasked += stop - first
        trips = [(start, np.concatenate(rows)) for start, rows in routes.items()]
        settled = self._settled(block, layout, trips)
        for (start, rows), each in zip(trips, settled, strict=True):
            found += self._walked(block, layout, start, rows, each)
        return Sifted(np.sort(np.concatenate(found)), unasked)

    def _forget(self) -> None:
        """Drop everything that was learned from blocks; it hangs together."""
        for each in (self._kinds, self._answers, self._memory, self._walk):
            each.clear()

    def _start(self, texts: Texts) -> Node | None:
        if texts not in self._kinds:
            self._kinds[texts] = self._made(dict(zip(KIND_FIELDS, texts, strict=True)))
        return self._kinds[texts]

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

    def _settled(self, block: Block, layout: Layout, trips: Sequence[tuple[Node, Any]]) -> list[Settled]:
        """Return what is left for the rows of each kind after the fields in which they answer the same."""
        known = [self._memory.find(block.key, start) for start, _ in trips]
        new = [start for (start, _), each in zip(trips, known, strict=True) if each is None]
        names = {self._lexicon.names[number] for start in new for number in start.fields - {WHOLE_RECORD}}
        names.update(*(above(name) for name in list(names)))
        columns = block.with_texts(sorted(names & set(layout.columns)))
        return [
            each or self._settle(block, layout, columns, start, rows)
            for (start, rows), each in zip(trips, known, strict=True)
        ]

    def _settle(
        self, block: Block, layout: Layout, columns: Mapping[str, Coded], start: Node, rows: Any
    ) -> Settled:
        alike: dict[int, Signature] = {}
        varying: list[tuple[int, Told]] = []
        for number in sorted(start.fields - {WHOLE_RECORD}):
            name = self._lexicon.names[number]
            if not layout.tells(name):
                continue
            answers = self._answers_to(start, number)
            told = answers.tell(columns[name], rows) if name in columns else Told(None, 0)
            beneath = _lists_above(columns, name, rows) is not None
            if told.table is not None or beneath:
                varying.append((number, told._replace(beneath=beneath)))
            else:
                alike[number] = answers.signatures[told.only] or EMPTY
        node = self._walk.settled(start, alike)
        left = [each for each in varying if each[0] in node.fields]
        left.sort(key=lambda each: 0 if each[1].table is None else len(set(each[1].table.tolist())))
        settled = Settled(node, tuple(left))
        self._memory.keep(block.key, start, settled)
        return settled

    def _answers_to(self, start: Node, number: int) -> Answers:
        answers = self._answers.get((start, number))
        if answers is None:
            answers = Answers(self._signatures[number], self._walk.asked(start, number))
            self._answers[start, number] = answers
        return answers

    def _walked(self, block: Block, layout: Layout, start: Node, rows: Any, settled: Settled) -> list[Any]:
        """Walk rows of one kind through the fields, those with the fewest answers first."""
        node = settled.node
        if node.fired or not node.open:
            return [rows] if node.fired else []
        walking = _Walking(rows, np.zeros(len(rows), dtype=np.int32), [node])
        for number, told in settled.varying:
            if not any(number in node.fields for node in walking.nodes):
                continue
            name, lists = self._lexicon.names[number], None
            keys = np.full(len(walking.rows), told.only, dtype=np.int32)
            if told.table is not None:
                keys = told.table[block.columns([name])[name].codes[walking.rows]]
            if told.beneath:
                columns = block.with_texts([each for each in above(name) if each in layout.columns])
                lists = _lists_above(columns, name, walking.rows)
            self._step(walking, number, (keys, self._answers[start, number].signatures), lists)
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
            rows = self._with_keywords(block, rows, self._keywords_of(wanted))
        return np.concatenate([walking.rows[~without], rows])

    def _with_keywords(self, block: Block, rows: Any, keywords: Keywords) -> Any:
        rows = rows[keywords.words.blocks(block.grams)[rows // GRAM_ROWS]]
        return rows[keywords.may_hold(block.raw(rows))] if len(rows) else rows

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


def _lists_above(columns: Mapping[str, Coded], name: str, rows: Any) -> Any:
    """Return which rows hold a list above a dotted name, which stands for its members; None for none."""
    found = None
    for column in (columns[each] for each in above(name) if each in columns):
        lists = np.array([text[:1] == "[" for text in column.texts] + [False], dtype=bool)
        here = lists[column.codes[rows]]
        if here.any():
            found = here if found is None else found | here
    return found
