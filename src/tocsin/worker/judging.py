"""Judges signals from where it stopped: window state, position and alerts are committed together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.detection.correlating.watermark import watermarks
from tocsin.detection.engine import Hit, Judged, Plan
from tocsin.detection.problems import WindowStateUnreadable
from tocsin.detection.state import Shard, WindowState
from tocsin.domain.clock import Clock
from tocsin.domain.detected import DetectedAlert, SignalRef
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import DetectorShelf, Shelves, Store
from tocsin.domain.signal import Signal
from tocsin.domain.source import SourceProgress
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Take
from tocsin.intake.dating import believed

log = logging.getLogger("tocsin.worker")

# What a round writes goes with its alerts more than with its signals, so who lags takes large steps.
SIGNALS_AT_ONCE = 10_000
REST_S = 1.0
HABITS_CHANGE = timedelta(minutes=1)
"""How often it is asked anew how long each source may be quiet."""

ReadSignal = Callable[[bytes, str, int, datetime], Signal]


class _Overtaken(Exception):
    """Another process judged what we judged; everything of ours is undone."""


@dataclass(slots=True)
class _Windows:
    """The window state as we know it, with the version of each shard."""

    state: WindowState = field(default_factory=WindowState)
    versions: dict[int, int] = field(default_factory=dict)
    lost: WindowStateUnreadable | None = None

    def refresh(self, shelf: DetectorShelf) -> None:
        """Read what others stored; a state that cannot be read is begun anew: judging must go on."""
        versions = shelf.versions()
        stale = {number for number, version in versions.items() if self.versions.get(number) != version}
        if not stale:
            return
        self.versions = dict(versions)
        stored = {number: shard.state for number, shard in shelf.shards(stale).items()}
        try:
            self.state = self.state.with_shards(stored)
        except WindowStateUnreadable as lost:
            log.error("%s %s", lost.happened, lost.means)
            self.lost = lost
            self.state = WindowState({number: Shard() for number in versions})

    def save(self, shelf: DetectorShelf, judged: Judged) -> None:
        """Store what changed. Raises `_Overtaken`."""
        changed = judged.state.dump(None if self.lost else judged.dirty)
        if not shelf.save_shards(changed, self.versions):
            raise _Overtaken

    def follow(self, judged: Judged) -> None:
        """Take over what was committed."""
        changed = judged.state.shards if self.lost else judged.dirty
        self.versions.update({number: self.versions.get(number, 0) + 1 for number in changed})
        self.state = judged.state
        self.lost = None


@dataclass(slots=True)
class Judging:
    """One round judges the next batch of each source, and then what time alone decides.

    `habits` says how long each source may be quiet before time goes on without it.
    Safe beside other processes: positions and shards are fenced, so each batch is judged once, and two
    processes that judge different sources write different shards at once.
    """

    store: Store
    lake: SignalLake
    plan: Plan
    take: Take
    clock: Clock
    read_signal: ReadSignal
    habits: Callable[[], Mapping[str, timedelta]] = dict
    _windows: _Windows = field(default_factory=_Windows)
    _habits: Mapping[str, timedelta] = field(default_factory=dict)
    _asked_at: datetime | None = None

    def round(self) -> float:
        """Judge what is new; return 0 while more may wait, else how long to rest."""
        if any([self._judge_if_sound(source) for source in self.lake.sources()]):
            return 0.0
        return 0.0 if self._pass_deadlines() else REST_S

    def _judge_if_sound(self, source: str) -> bool:
        """Judge a source; one that is damaged is shouted about and stops no other."""
        try:
            return self._judge(source)
        except _Overtaken:
            return True
        except Overloaded:
            raise
        except Explained as fault:
            log.error("signals of %s are not judged: %s %s", source, fault.happened, fault.next_step)
            return False

    def _judge(self, source: str) -> bool:
        progress = self._read()
        was = progress.get(source, SourceProgress(source=source))
        lines, stop = self.lake.read(source, was.position, SIGNALS_AT_ONCE)
        if not lines:
            return False
        now = self.clock.now()
        hits = self._hits(source, lines, was.position, now)
        newest = [hit.signal.time for hit in hits] + self._time_of(lines[-1], source, now)
        moved = replace(
            was,
            position=stop,
            newest=max([*newest, *([was.newest] if was.newest else [])], default=None),
            heard_at=now,
        )
        judged = self._weighed(hits, {**progress, source: moved}, now)

        def advance(shelves: Shelves) -> None:
            if not shelves.detector.advance(was, moved):
                raise _Overtaken

        self._commit(judged, now, advance)
        return True

    def _pass_deadlines(self) -> bool:
        """Decide what only time decides, such as that something never came; say whether there was any."""
        progress = self._read()
        now = self.clock.now()
        judged = self._weighed([], progress, now)
        if not judged.dirty:
            return False
        with suppress(_Overtaken):
            self._commit(judged, now, lambda _: None)
        return True

    def _read(self) -> Mapping[str, SourceProgress]:
        with self.store.reading() as shelves:
            self._windows.refresh(shelves.detector)
            return shelves.detector.progress()

    def _weighed(self, hits: list[Hit], progress: Mapping[str, SourceProgress], now: datetime) -> Judged:
        if self._asked_at is None or now - self._asked_at >= HABITS_CHANGE:
            self._habits, self._asked_at = self.habits(), now
        heard = watermarks(progress.values(), now, self._habits)
        return self.plan.weigh(self._windows.state, hits, heard=heard)

    def _commit(self, judged: Judged, now: datetime, also: Callable[[Shelves], None]) -> None:
        """Write alerts, windows and position in one transaction. Raises `_Overtaken`, and nothing is kept."""
        lost = self._windows.lost
        alerts = tuple(self._with_records(alert) for alert in judged.alerts)
        judged.state.lighten(judged.dirty)
        with self.store.transaction() as shelves:
            also(shelves)
            self._windows.save(shelves.detector, judged)
            if lost is not None:
                note(shelves, Happening.WINDOWS_LOST, at=now, facts={"reason": lost.happened})
            self.take.detected(shelves, alerts)
        self._windows.follow(judged)

    def _with_records(self, alert: DetectedAlert) -> DetectedAlert:
        """Return an alert whose evidence has its records: those that windows let go of are read again."""
        if all(ref.raw for ref in alert.evidence):
            return alert
        return replace(
            alert, evidence=tuple(ref if ref.raw else self._read_again(ref) for ref in alert.evidence)
        )

    def _read_again(self, ref: SignalRef) -> SignalRef:
        try:
            lines, _ = self.lake.read(ref.source, ref.position, 1)
        except Explained as fault:
            log.error("a record of an alert's evidence is gone: %s", fault.happened)
            return ref
        return replace(ref, raw=b"".join(lines))

    def _hits(self, source: str, lines: tuple[bytes, ...], start: int, now: datetime) -> list[Hit]:
        hits = []
        position, line = start, 0
        for number, rules in self.plan.sift(lines):
            position += sum(len(passed) + 1 for passed in lines[line:number])
            line = number
            try:
                signal = self.read_signal(lines[number], source, position, now)
            except Explained as fault:
                # The intake keeps only what can be read, so the disk changed it; the line stays as evidence.
                log.error("a signal was damaged on disk and is not judged: %s", fault.happened)
            else:
                hits.append(Hit(replace(signal, time=believed(signal.time, now)), rules))
        return hits

    def _time_of(self, line: bytes, source: str, now: datetime) -> list[datetime]:
        try:
            return [believed(self.read_signal(line, source, 0, now).time, now)]
        except Explained:
            return []
