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
        layout = Layout(
            columns=frozenset(segment.columns),
            dropped=frozenset(segment.dropped),
            maps=frozenset(segment.maps),
            complete=segment.complete,
        )
        opened = self.lake.segment(segment)
        first, stop = past.span()
        for group in range(opened.groups):
            times, unknown = opened.times(group)
            wanted = unknown | ((times >= first) & (times < stop))
            if not wanted.any():
                continue
            told.signals += int(wanted.sum())
            told.dated(int(np.where(unknown, micros(past.undated), times)[wanted].max()))
            sifted = self.sieve.sift(_Group(opened, group, has_odd=segment.odd > 0), layout)
            told.unasked += sifted.unasked
            rows = sifted.suspects[wanted[sifted.suspects]]
            yield from self._judged(segment.source, opened.raws(group, rows) if len(rows) else [], past)

    def _judged(self, source: str, raws: Sequence[tuple[int, bytes]], past: Past) -> Iterator[Hit]:
        """Judge suspects by the records themselves."""
        for number, rules in self.plan.sift([raw for _, raw in raws]):
            position, raw = raws[number]
            yield Hit(self.read_signal(raw, source, position, past.undated), rules)


class _Group:
    """A row group of a segment as a block; each column is read once."""

    def __init__(self, opened: Any, group: int, *, has_odd: bool = True) -> None:
        self._opened, self._group = opened, group
        self._columns: dict[str, Any] = {}
        self.rows = opened.size(group)
        # Each reading costs by the width of the segment, however little is read.
        self.odd = opened.flags(group) if has_odd else np.zeros(self.rows, dtype=bool)

    def columns(self, names: Sequence[str]) -> Mapping[str, Any]:
        missing = [name for name in names if name not in self._columns]
        if missing:
            self._columns.update(self._opened.columns(self._group, missing))
        return {name: self._columns[name] for name in names}

    def raw(self, rows: Any) -> tuple[Any, Any]:
        found: tuple[Any, Any] = self._opened.raw(self._group, rows)
        return found


def _may_hold(segment: Segment, span: tuple[int, int]) -> bool:
    if segment.undated or segment.first_time is None or segment.last_time is None:
        return True
    return segment.last_time >= span[0] and segment.first_time < span[1]


def _place(hit: Hit) -> tuple[int, str, int]:
    return micros(hit.signal.time), hit.signal.source, hit.signal.position


def _advance(opened: list[tuple[tuple[int, str, int], Hit, Iterator[Hit]]], rest: Iterator[Hit]) -> None:
    """Put a part back in line by its next hit; one that has ended is dropped."""
    for hit in rest:
        heappush(opened, (_place(hit), hit, rest))
        return
