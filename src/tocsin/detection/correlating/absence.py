"""Absence: `a and not b` is decided when the time for b has passed, never before (E5, T7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tocsin.detection.correlating import bursts as folding
from tocsin.detection.correlating.measures import Together, measure_for
from tocsin.detection.correlating.order import chains_of
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.correlating.window import Firing, Window, buckets
from tocsin.detection.sigma.correlation import Correlation, Kind
from tocsin.detection.state import NEVER, Alarm, GroupState, Held


class Silence:
    """A condition with `not`: which rules were seen, asked at the deadline of an earlier signal (T7)."""

    __slots__ = ("_chains", "_forward", "_positive", "_seen", "_watched")

    def __init__(self, watched: Watched, correlation: Correlation) -> None:
        self._watched = watched
        self._positive = measure_for(watched)
        self._seen = Together(watched, correlation)
        self._forward = tuple(clause for clause in watched.clauses if clause.absent)
        ordered = correlation.kind is Kind.TEMPORAL_ORDERED
        self._chains = chains_of(c.needed for c in self._forward) if ordered else ()

    def add(self, bucket: Sequence[Held]) -> None:
        self._positive.add(bucket)
        self._seen.add(bucket)
        for chain in self._chains:
            chain.add(bucket)

    def remove(self, hit: Held) -> None:
        self._positive.remove(hit)
        self._seen.remove(hit)

    def copy(self) -> Silence:
        twin = Silence.__new__(Silence)
        twin._watched, twin._forward = self._watched, self._forward
        twin._positive, twin._seen = self._positive.copy(), self._seen.copy()
        twin._chains = tuple(chain.copy() for chain in self._chains)
        return twin

    def holds(self, oldest: int) -> float | None:
        return self._positive.holds(oldest)

    def anchors(self, slots: int) -> bool:
        """Say whether a signal of these rules sets a deadline."""
        return any(slots & clause.needed for clause in self._forward)

    def missed(self, slots: int, oldest: int) -> float | None:
        """Return how many rules were seen by the deadline of a signal of `slots`, None if it isn't missed."""
        seen = self._seen.seen()
        for number, clause in enumerate(self._forward):
            met = slots & clause.needed and clause.needed & seen == clause.needed
            if not met or clause.absent & seen:
                continue
            if not self._chains or self._chains[number].complete(oldest):
                return seen.bit_count()
        return None


class Absence(Window):
    """A window that is asked again one span after each signal that sets a deadline."""

    __slots__ = ("_deadlines", "_silence")

    def __init__(self, watched: Watched, correlation: Correlation, state: GroupState) -> None:
        super().__init__(watched, state)
        self._silence = Silence(watched, correlation)
        self._measure = self._silence
        self._deadlines: deque[tuple[int, int]] = deque()
        for time, bucket in buckets(self.held):
            self._measure.add(bucket)
            if time + watched.span >= state.settled:
                self._await(time, bucket)

    def take(self, time: int, bucket: Sequence[Held]) -> None:
        super().take(time, bucket)
        self._await(time, bucket)

    def due(self) -> int | None:
        return self._deadlines[0][0] if self._deadlines else None

    def decide(self, at: int) -> None:
        _, slots = self._deadlines.popleft()
        oldest = at - self.watched.span
        self._expire(oldest)
        measured = self._silence.missed(slots, oldest)
        if measured is not None:
            self.fire(at, measured)

    def unfinished(self) -> int:
        """Return how many deadlines have not passed."""
        return len(self._deadlines)

    def _await(self, time: int, bucket: Sequence[Held]) -> None:
        slots = 0
        for hit in bucket:
            slots |= hit.slots
        if self._silence.anchors(slots):
            self._deadlines.append((time + self.watched.span, slots))


class Heartbeat(Absence):
    """Absence that also fires for an entity of the inventory that sent nothing at all for one span.

    It fires once a silence. `alarm.since` is when the entity was heard last, or since when it is watched;
    `alarm.firing` is when its silence was told, `alarm.cleared` when the entity broke the last one.
    """

    __slots__ = ("_alarm", "_entity")

    def __init__(self, watched: Watched, correlation: Correlation, state: GroupState, entity: str) -> None:
        super().__init__(watched, correlation, state)
        self._entity = entity
        kept = state.alarm or Alarm()
        self._alarm = Alarm(kept.since, kept.firing, kept.cleared)

    def stored(self, state: GroupState) -> None:
        super().stored(state)
        state.alarm = self._alarm

    def take(self, time: int, bucket: Sequence[Held]) -> None:
        self._alarm = Alarm(since=time, cleared=time)
        super().take(time, bucket)

    def due(self) -> int | None:
        due, silent = super().due(), self._silent()
        return silent if due is None else min(due, silent) if silent is not None else due

    def decide(self, at: int) -> None:
        if super().due() == at:
            super().decide(at)
        if self._silent() != at:
            return
        self._alarm.firing = at
        if self.bursts and self.bursts[-1].fired == at:
            return
        if self.watched.chained:
            # There is no signal to show: the entity's name is all that who counts this gets.
            self.firings.append(Firing(at, 0.0, Held(at, "", 0, 0, texts=(self._entity,))))
        if self.watched.emits:
            self.bursts.append(folding.silence((self._entity,), self._alarm.since, at))

    def _silent(self) -> int | None:
        """Return when the entity's silence is to be told."""
        is_told = self._alarm.firing != NEVER or self._alarm.since == NEVER
        return None if is_told else self._alarm.since + self.watched.span
