"""`for` and `keep_firing_for`: a condition must hold for a while to fire, and be false to end (E2)."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.detection.correlating.watched import MICROS, Watched
from tocsin.detection.correlating.window import Window
from tocsin.detection.sigma.extension import WindowKind
from tocsin.detection.state import NEVER, Alarm, Burst, GroupState, Held


class AlarmWindow(Window):
    """A window that is watched at every instant: also when a hit slides out of it.

    Prometheus' states on event time: inactive, pending since the condition holds, firing after `for`, and
    inactive again once the condition has been false for `keep_firing_for`.
    """

    __slots__ = ("_alarm", "_keep", "_pending")

    def __init__(self, watched: Watched, state: GroupState) -> None:
        super().__init__(watched, state)
        kept = state.alarm or Alarm()
        self._alarm = Alarm(kept.since, kept.firing, kept.cleared)
        self._pending = watched.extensions.pending * MICROS
        self._keep = watched.extensions.keep_firing * MICROS

    def stored(self, state: GroupState) -> None:
        super().stored(state)
        state.alarm = self._alarm

    def take(self, time: int, bucket: Sequence[Held]) -> None:
        oldest = self.admit(time, bucket)
        self._observe(time, self.measured(oldest), by_signal=True)

    def due(self) -> int | None:
        alarm = self._alarm
        dues = [self._next_change()]
        if alarm.since != NEVER and alarm.firing == NEVER:
            dues.append(alarm.since + self._pending)
        if alarm.cleared != NEVER:
            dues.append(alarm.cleared + self._keep)
        return min((due for due in dues if due is not None), default=None)

    def decide(self, at: int) -> None:
        oldest = self.slide(at)
        self._observe(at, self.measured(oldest), by_signal=False)

    def _next_change(self) -> int | None:
        """Return the next instant at which the window loses a hit."""
        inside = self.inside()
        if not inside:
            return None
        kind, first = self.watched.extensions.window, inside[0].time
        if kind is WindowKind.SLIDING:
            return first + self.watched.span + 1
        if kind is WindowKind.TUMBLING:
            return first - first % self.watched.span + self.watched.span
        return min(first + self.watched.span, inside[-1].time + self.watched.quiet) + 1

    def _observe(self, time: int, measured: float | None, *, by_signal: bool) -> None:
        alarm = self._alarm
        if measured is None:
            alarm.since = NEVER
            if alarm.firing != NEVER and alarm.cleared == NEVER:
                alarm.cleared = time
            if alarm.cleared != NEVER and time - alarm.cleared >= self._keep:
                self._resolve(time)
            return
        alarm.cleared = NEVER
        if alarm.since == NEVER:
            alarm.since = time
        begins = alarm.firing == NEVER and time - alarm.since >= self._pending
        if begins:
            alarm.firing = time
        if begins or (by_signal and alarm.firing != NEVER):
            self.fire(time, measured)

    def _resolve(self, time: int) -> None:
        self._alarm.firing = self._alarm.cleared = NEVER
        if self.bursts:
            self.bursts[-1].ends = time

    def _goes_on(self, burst: Burst, time: int) -> bool:
        return burst.ends is None
