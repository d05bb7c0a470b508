"""Hunts over the lake: columns say which stored records a rule may hold for, and only those are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import islice
from typing import Any

import numpy as np

from tocsin.app.hunting import DISORDER, SIGNALS_AT_ONCE, Hunted
from tocsin.detection.columns.block import Layout
from tocsin.detection.columns.kinds import Run
from tocsin.detection.columns.sieve import Sieve
from tocsin.detection.engine import Hit, Plan, latest
from tocsin.detection.matching.scanners import PatternCache
from tocsin.detection.rules import RuleSet
from tocsin.detection.state import NEVER, WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.errors import Explained
from tocsin.domain.signal import Signal
from tocsin.store.lake import SegmentLake
from tocsin.store.lake.hot import HotFile, lines
from tocsin.store.lake.lake import Contents
from tocsin.store.lake.manifest import Segment

ReadSignal = Callable[[bytes, str, int, datetime], Signal]
"""Makes a signal of a line, its source, its position, and the time to take when it names none."""

MOST_FOOTERS = 1_024
_TRIES = 10
_EVER = (-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Which stored signals to look at: `since` is in, `until` is out, of one source or (empty) of all.

    Signals that name no time are always looked at, as of `undated`.
    """

    undated: datetime
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""

    def span(self) -> tuple[int, int]:
        """Return the bounds in microseconds since 1970."""
        first = _EVER[0] if self.since is None else micros(self.since)
        return first, _EVER[1] if self.until is None else micros(self.until)


@dataclass(slots=True)
class _Told:
    """What was seen: all signals, those nobody asks about, lines that are none, the newest time."""

    signals: int = 0
    unasked: int = 0
    damaged: list[str] = field(default_factory=list)
    newest: int = NEVER

    def dated(self, newest: int) -> None:
        self.newest = max(self.newest, newest)


@dataclass(frozen=True, slots=True)
class Retro:
    """A retro-hunt, ready to run: the rules compiled for lines and for columns."""

    lake: SegmentLake
    plan: Plan
    sieve: Sieve
    read_signal: ReadSignal
    footers: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        lake: SegmentLake,
        plan: Plan,
        rules: RuleSet,
        read_signal: ReadSignal,
        patterns: PatternCache | None = None,
    ) -> Retro:
        """Return a retro-hunt of the rules that the plan was made of; `patterns` spares compiling them."""
        return cls(lake, plan, Sieve(rules.rules, patterns=patterns), read_signal)

    def hunt(self, past: Past, refuse: Callable[[str], None] = lambda _: None) -> Hunted:
        """Judge the stored signals in the order of their time; what is damaged is told to `refuse`.

        The alerts are those of a hunt over the same records in files, except that evidence names the source
        and the offset in it. Raises `NotFound` for a source without signals, `LakeBroken`,
        `LakeExtraMissing`.
        """
        told = _Told()
        alerts: list[DetectedAlert] = []
        state = WindowState()
        found = self._hits(past, told)
        while batch := list(islice(found, SIGNALS_AT_ONCE)):
            judged = self.plan.weigh(state, batch, heard=micros(batch[-1].signal.time) - DISORDER)
            state = judged.state
            alerts += judged.alerts
        for each in told.damaged:
            refuse(each)
        judged = self.plan.finish(state, heard=told.newest)
        return Hunted(
            latest([*alerts, *judged.alerts]), told.signals, told.unasked, self.plan.diagnostics(judged.state)
        )

    def hits(self, past: Past) -> Iterator[Hit]:
        """Yield the signals for which rules may hold, in the order of their time."""
        return self._hits(past, _Told())

    def _hits(self, past: Past, told: _Told) -> Iterator[Hit]:
        """Merge all parts by time. A segment is opened only when its first signal is reached."""
        contents, hot = self._contents(past, told)
        waiting: list[tuple[int, str, Iterator[Hit]]] = [(NEVER, "", iter(hot))]
        for segment in contents.segments:
            if _may_hold(segment, past.span()):
                # Signals without a time come first in their segment.
                begins = NEVER if segment.undated or segment.first_time is None else segment.first_time
                waiting.append((begins, segment.path, self._sealed(segment, past, told)))
        waiting.sort(key=lambda each: each[:2], reverse=True)
        opened: list[tuple[tuple[int, str, int], Hit, Iterator[Hit]]] = []
        while waiting or opened:
            while waiting and (not opened or waiting[-1][0] <= opened[0][0][0]):
                _advance(opened, waiting.pop()[2])
            if opened:
                _, hit, rest = heappop(opened)
                yield hit
                _advance(opened, rest)

    def _contents(self, past: Past, told: _Told) -> tuple[Contents, list[Hit]]:
        """Return what there is, and the hits of what is not sealed.

        Should a hot file be sealed between our look and our reading, everything is looked at again.
        """
        for _ in range(_TRIES):
            contents, seen = self.lake.contents(past.source), _Told()
            try:
                hits = [hit for source, file in contents.hot for hit in self._hot(source, file, past, seen)]
            except FileNotFoundError:
                continue
            told.signals, told.unasked, told.newest = seen.signals, seen.unasked, seen.newest
            told.damaged = seen.damaged
            return contents, sorted(hits, key=_place)
        raise Explained(
            "The lake was sealed again and again while it was read.",
            means="Nothing was looked for.",
            next_step="Run the hunt again.",
        )

    def _hot(self, source: str, file: HotFile, past: Past, told: _Told) -> Iterator[Hit]:
        stored = lines(file)
        while batch := list(islice(stored, SIGNALS_AT_ONCE)):
            numbers = dict(self.plan.sift([line for _, line in batch]))
            for nth, (position, line) in enumerate(batch):
                signal = self._wanted(source, position, line, past, told)
                if signal is not None and nth in numbers:
                    yield Hit(signal, numbers[nth])

    def _wanted(self, source: str, position: int, line: bytes, past: Past, told: _Told) -> Signal | None:
        """Read a hot line and count it; None for what is out of bounds or damaged."""
        try:
            signal = self.read_signal(line, source, position, past.undated)
        except Explained as fault:
            told.damaged.append(fault.happened)
            return None
        first, stop = past.span()
        time = micros(signal.time)
        if not first <= time < stop and signal.time != past.undated:
            return None
        told.signals += 1
        told.unasked += not self.plan.asks_about(signal)
        told.dated(time)
        return signal

    def _sealed(self, segment: Segment, past: Past, told: _Told) -> Iterator[Hit]:
        opened = self._opened(segment)
        whole = _lies_within(segment, past.span())
        if whole:
            told.dated(micros(past.undated) if segment.undated else NEVER)
            told.dated(NEVER if segment.last_time is None else segment.last_time)
        for group in range(opened.groups):
            wanted = None if whole else self._in_bounds(opened, group, past, told)
            if wanted is not None and not wanted.any():
                continue
            told.signals += opened.size(group) if wanted is None else int(wanted.sum())
            fields, runs = opened.kinds(group)
            layout = Layout(
                columns=frozenset(segment.columns),
                dropped=frozenset(segment.dropped),
                maps=frozenset(segment.maps),
                complete=segment.complete,
                kinds=fields,
            )
            sifted = self.sieve.sift(_Group(opened, group, (segment.sha256, group), runs), layout)
            told.unasked += sifted.unasked
            rows = sifted.suspects if wanted is None else sifted.suspects[wanted[sifted.suspects]]
            yield from sorted(self._judged(segment.source, opened, group, rows, past), key=_place)

    def _opened(self, segment: Segment) -> Any:
        """Open a segment; of the last ones that were opened the footers are remembered."""
        opened = self.lake.segment(segment, self.footers.pop(segment.sha256, None))
        self.footers[segment.sha256] = opened.footer
        if len(self.footers) > MOST_FOOTERS:
            del self.footers[next(iter(self.footers))]
        return opened

    def _in_bounds(self, opened: Any, group: int, past: Past, told: _Told) -> Any:
        """Return which signals of a row group are within the bounds."""
        first, stop = past.span()
        times, unknown = opened.times(group)
        wanted = unknown | ((times >= first) & (times < stop))
        told.dated(int(np.where(unknown, micros(past.undated), times)[wanted].max(initial=NEVER)))
        return wanted

    def _judged(self, source: str, opened: Any, group: int, rows: Any, past: Past) -> Iterator[Hit]:
        """Judge suspects by the records themselves."""
        raws = opened.raws(group, rows) if len(rows) else []
        for number, rules in self.plan.sift([raw for _, raw in raws]):
            position, raw = raws[number]
            yield Hit(self.read_signal(raw, source, position, past.undated), rules)


class _Group:
    """A row group of a segment as a block; nothing is read twice."""

    def __init__(self, opened: Any, group: int, key: tuple[str, int], runs: Sequence[Run]) -> None:
        self._opened, self._group = opened, group
        self.key, self.runs = key, runs
        self._columns: dict[str, Any] = {}
        self._read: set[str] = set()
        self._grams: list[bytes] = []

    @property
    def grams(self) -> list[bytes]:
        self._grams = self._grams or self._opened.grams(self._group)
        return self._grams

    def columns(self, names: Sequence[str]) -> Mapping[str, Any]:
        missing = [name for name in names if name not in self._columns]
        if missing:
            self._columns.update(self._opened.columns(self._group, missing))
        return {name: self._columns[name] for name in names}

    def with_texts(self, names: Sequence[str]) -> Mapping[str, Any]:
        columns = self.columns(names)
        unread = {name: column for name, column in columns.items() if name not in self._read}
        if unread:
            self._opened.fill(self._group, unread)
            self._read.update(unread)
        return columns

    def raw(self, rows: Any) -> list[bytes]:
        found: list[bytes] = self._opened.raw(self._group, rows)
        return found


def _may_hold(segment: Segment, span: tuple[int, int]) -> bool:
    if segment.undated or segment.first_time is None or segment.last_time is None:
        return True
    return segment.last_time >= span[0] and segment.first_time < span[1]


def _lies_within(segment: Segment, span: tuple[int, int]) -> bool:
    """Say whether all signals that name a time are within bounds; the others always are."""
    if segment.first_time is None or segment.last_time is None:
        return True
    return segment.first_time >= span[0] and segment.last_time < span[1]


def _place(hit: Hit) -> tuple[int, str, int]:
    return micros(hit.signal.time), hit.signal.source, hit.signal.position


def _advance(opened: list[tuple[tuple[int, str, int], Hit, Iterator[Hit]]], rest: Iterator[Hit]) -> None:
    """Put a part back in line by its next hit; one that has ended is dropped."""
    for hit in rest:
        heappush(opened, (_place(hit), hit, rest))
        return
