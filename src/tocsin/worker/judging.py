"""Judges signals from where it stopped: window state, position and alerts are committed together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.detection.engine import Plan
from tocsin.detection.problems import WindowStateUnreadable
from tocsin.detection.state import POPULATION, Shard, WindowState
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import Store
from tocsin.domain.signal import Signal
from tocsin.domain.source import SourceProgress
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Take
from tocsin.intake.dating import believed

log = logging.getLogger("tocsin.worker")

SIGNALS_AT_ONCE = 2000
REST_S = 1.0
ALL_SHARDS = range(POPULATION + 1)

ReadSignal = Callable[[bytes, str, int, datetime], Signal]


class _Overtaken(Exception):
    """Another process stored window state that we had not seen; everything of ours is undone."""


@dataclass(slots=True)
class Judging:
    """One round judges the next batch of each source. Safe beside other processes: the position is fenced."""

    store: Store
    lake: SignalLake
    plan: Plan
    take: Take
    clock: Clock
    read_signal: ReadSignal

    def round(self) -> float:
        """Judge what is new; return 0 while more may wait, else how long to rest."""
        judged = [self._judge_if_sound(source) for source in self.lake.sources()]
        return 0.0 if any(judged) else REST_S

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
        with self.store.reading() as shelves:
            was = shelves.detector.progress().get(source, SourceProgress(source=source))
            kept = shelves.detector.shards(ALL_SHARDS)
        lines, stop = self.lake.read(source, was.position, SIGNALS_AT_ONCE)
        if not lines:
            return False
        state, lost = _loaded({number: shard.state for number, shard in kept.items()})
        signals = self._signals(source, lines, was.position)
        judged = self.plan.judge(state, signals)
        now = self.clock.now()
        newest = max((each.time for each in signals), default=was.newest)
        moved = SourceProgress(source=source, position=stop, newest=newest, heard_at=now)
        versions = {number: shard.version for number, shard in kept.items()}
        with self.store.transaction() as shelves:
            shelves.lock("judging")
            if not shelves.detector.advance(was, moved):
                return True  # Another process judged meanwhile; nothing of ours is kept.
            if not shelves.detector.save_shards(judged.state.dump(None if lost else judged.dirty), versions):
                raise _Overtaken
            if lost is not None:
                note(shelves, Happening.WINDOWS_LOST, at=now, facts={"reason": lost.happened})
            self.take.detected(shelves, judged.alerts)
        return True

    def _signals(self, source: str, lines: tuple[bytes, ...], start: int) -> list[Signal]:
        now = self.clock.now()
        signals = []
        position = start
        for line in lines:
            try:
                signal = self.read_signal(line, source, position, now)
            except Explained as fault:
                # The intake keeps only what can be read, so the disk changed it; the line stays as evidence.
                log.error("a signal was damaged on disk and is not judged: %s", fault.happened)
            else:
                signals.append(replace(signal, time=believed(signal.time, now)))
            position += len(line) + 1
        return signals


def _loaded(saved: Mapping[int, bytes]) -> tuple[WindowState, WindowStateUnreadable | None]:
    """Return the saved state; an empty one, and the fault, where it cannot be read: judging must go on."""
    try:
        return WindowState.load(saved), None
    except WindowStateUnreadable as lost:
        log.error("%s %s", lost.happened, lost.means)
        return WindowState({number: Shard() for number in saved}), lost
