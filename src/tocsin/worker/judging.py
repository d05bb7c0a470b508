"""Judges signals from where it stopped: window state, position and alerts are committed together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tocsin.detection.engine import Plan
from tocsin.detection.state import WindowState
from tocsin.domain.clock import Clock
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import Store
from tocsin.domain.signal import Signal
from tocsin.flow.take import Take

SIGNALS_AT_ONCE = 2000
REST_S = 1.0

ReadSignal = Callable[[bytes, str, int, datetime], Signal]


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
        judged = [self._judge(source) for source in self.lake.sources()]
        return 0.0 if any(judged) else REST_S

    def _judge(self, source: str) -> bool:
        with self.store.reading() as shelves:
            start = shelves.detector.position(source)
            saved = shelves.detector.load_state()
        lines, stop = self.lake.read(source, start, SIGNALS_AT_ONCE)
        if not lines:
            return False
        judged = self.plan.judge(
            WindowState.load(saved) if saved else WindowState(), self._signals(source, lines, start)
        )
        with self.store.transaction() as shelves:
            shelves.lock("judging")
            if shelves.detector.position(source) != start or shelves.detector.load_state() != saved:
                return True  # Another process judged meanwhile; nothing of ours is kept.
            self.take.detected(shelves, judged.alerts)
            shelves.detector.save_state(judged.state.dump())
            shelves.detector.save_position(source, stop)
        return True

    def _signals(self, source: str, lines: tuple[bytes, ...], start: int) -> list[Signal]:
        now = self.clock.now()
        signals = []
        position = start
        for line in lines:
            signals.append(self.read_signal(line, source, position, now))
            position += len(line) + 1
        return signals
