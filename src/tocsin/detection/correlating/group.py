"""One group of one rule at work: what arrived is put in order, settled, looked ahead, and told."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.detection.correlating import bursts as folding
from tocsin.detection.correlating.absence import Absence, Heartbeat
from tocsin.detection.correlating.alarm import AlarmWindow
from tocsin.detection.correlating.bursts import Announcing, Told
from tocsin.detection.correlating.habit import HabitWindow, Populations, nobody
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.correlating.window import Firing, Window
from tocsin.detection.state import FOREVER, NEVER, Burst, GroupState, Held

# Fewer hits than this are not worth the work of settling them.
_WORTH = 8


class Tip(NamedTuple):
    """A look ahead that can go on: the window with all that is pending, and the state that it belongs to."""

    window: Window
    basis: GroupState


@dataclass(frozen=True, slots=True)
class Span:
    """The step of the watermark: what is older than `before` is late, what is older than `watermark` final.

    With `closing` the input has ended: nothing can come any more between two bursts. `populations` tells a
    baseline what is usual among peers.
    """

    before: int
    watermark: int
    closing: bool = False
    populations: Populations = nobody


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a group: its next state, news, firings for parents, and hits that came too late.

    `unfinished` counts deadlines behind the end of the input.
    """

    state: GroupState
    news: list[Told]
    firings: list[Firing]
    late: list[Held]
    unfinished: int
    tip: Tip | None


def window_for(watched: Watched, group: str, state: GroupState, populations: Populations = nobody) -> Window:
    """Return the settled window of a group at work."""
    correlation = watched.correlation
    extensions = watched.extensions
    if correlation is None:
        return Window(watched, state)
    if extensions.heartbeat is not None and group in watched.entities:
        return Heartbeat(watched, correlation, state, watched.entities[group])
    if any(clause.absent for clause in watched.clauses):
        return Absence(watched, correlation, state)
    if extensions.baseline is not None:
        return HabitWindow(watched, correlation, state, populations)
    if extensions.pending or extensions.keep_firing:
        return AlarmWindow(watched, state)
    return Window(watched, state)


def weighed(
    watched: Watched,
    group: str,
    state: GroupState,
    arrivals: list[Held],
    span: Span,
    tip: Tip | None = None,
) -> Outcome:
    """Weigh what arrived for one group. `state` is not changed; a rule that fires early looks ahead."""
    at_work = _AtWork(watched, group, state, span)
    late = at_work.arrive(arrivals, tip)
    at_work.settle()
    at_work.look_ahead()
    return at_work.outcome(at_work.tell(), late)


class _AtWork:
    """One group while it is weighed."""

    def __init__(self, watched: Watched, group: str, state: GroupState, span: Span) -> None:
        self._watched = watched
        self._group = group
        self._span = span
        self._old = state
        self.state = GroupState(
            held=state.held,
            uncounted=state.uncounted,
            bursts=state.bursts,
            pending=state.pending,
            announced=state.announced,
            settled=state.settled,
            newest=state.newest,
            alarm=state.alarm,
            known=state.known,
            habit=state.habit,
        )
        self._settled: Window | None = None
        self._ahead: Window | None = None

    def arrive(self, arrivals: list[Held], tip: Tip | None) -> list[Held]:
        """Put what arrived among what is pending; return what came too late."""
        arrivals.sort(key=Held.place)
        late = arrivals[: bisect_left(arrivals, max(self._span.before, self.state.settled), key=_time)]
        fresh = arrivals[len(late) :]
        if fresh:
            self.state.newest = max(self.state.newest, fresh[-1].time)
        fresh, in_order = self._fresh(fresh)
        self.state.pending = [*self.state.pending, *fresh]
        if not in_order:
            self.state.pending.sort(key=Held.place)
        if late and self._watched.correlation is None:
            # A detection rule fires however late its signal comes; only its burst may be an older one.
            self.state.bursts = folding.with_late(self.state.bursts, late, self._watched)
            return []
        if tip is not None and tip.basis is self._old and in_order:
            self._ahead = tip.window
            self._ahead.firings = []
            self._ahead.run(fresh, NEVER)
        return late

    def _fresh(self, arrivals: list[Held]) -> tuple[list[Held], bool]:
        """Return what is new among arrivals, and whether it comes behind all that is pending.

        A firing of a chained correlation that was refined takes the place of what it was before.
        """
        pending = self.state.pending
        if not any(hit.origin for hit in arrivals):
            return arrivals, not arrivals or not pending or pending[-1].place() < arrivals[0].place()
        known = {(hit.origin, hit.time): hit for hit in pending if hit.origin}
        latest = {_identity(hit): hit for hit in arrivals}
        fresh = [hit for hit in latest.values() if known.get((hit.origin, hit.time)) != hit]
        refined = {(hit.origin, hit.time) for hit in fresh if hit.origin} & known.keys()
        self.state.pending = [hit for hit in pending if (hit.origin, hit.time) not in refined]
        in_order = not pending or not fresh or pending[-1].place() < fresh[0].place()
        return fresh, in_order and not refined

    def settle(self) -> None:
        """Settle what lies before the watermark; a rule that looks ahead waits until it is worth the work."""
        ready = bisect_left(self.state.pending, self._span.watermark, key=_time)
        if self._watched.early and not self._span.closing and ready < max(_WORTH, len(self.state.held)):
            return
        window = window_for(self._watched, self._group, self.state, self._span.populations)
        window.run(self.state.pending[:ready], self._span.watermark)
        self.state.pending = self.state.pending[ready:]
        self.state.settled = max(self.state.settled, self._span.watermark)
        window.stored(self.state)
        self._settled = window

    def look_ahead(self) -> None:
        """Run what is pending behind what is settled, for a rule that fires early."""
        if self._watched.early and self._ahead is None:
            settled = self._settled
            self._ahead = (
                settled.copy() if settled is not None else window_for(self._watched, self._group, self.state)
            )
            self._ahead.run(self.state.pending, NEVER)

    def tell(self) -> list[Told]:
        """Return the bursts that are new or have grown, and forget those that are over."""
        window = self._window()
        watermark = FOREVER if self._span.closing else self._span.watermark
        announcing = Announcing(self._watched, self._group, self.state.announced, watermark)
        news, entries, awaited = announcing.told(window.bursts)
        over = {burst.began for burst in window.bursts if self._is_over(burst)}
        self.state.announced = [entry for entry in entries if entry.began not in over]
        self.state.bursts = [burst for burst in self.state.bursts if burst.began not in over]
        if window is self._ahead:
            window.bursts = [burst for burst in window.bursts if burst.began not in over]
        self.state.due = min(self._next_decision(), awaited)
        return news

    def _is_over(self, burst: Burst) -> bool:
        if isinstance(self._settled, AlarmWindow):
            return burst.ends is not None
        quiet = 0 if self._watched.each else self._watched.quiet
        return burst.fired + quiet < self._span.watermark and burst.fired < self.state.settled

    def _next_decision(self) -> int:
        """Return the watermark at which something is decided although nothing arrives."""
        if self._watched.early or self._settled is None:
            return FOREVER
        due = self._settled.due()
        waiting = self.state.pending[0].time if self.state.pending else FOREVER
        return waiting if due is None else min(due, waiting)

    def _window(self) -> Window:
        """Return the window that knows most: the look ahead, or for other rules the settled one."""
        window = self._ahead or self._settled
        assert window is not None, "a rule either looks ahead or settles"
        return window

    def outcome(self, news: list[Told], late: list[Held]) -> Outcome:
        """Return what became of the group."""
        found = {}
        for window in (self._settled, self._ahead):
            for firing in window.firings if window is not None else ():
                if firing.time >= self._span.before:
                    found[firing.time] = firing
        unfinished = self._settled.unfinished() if self._settled is not None and self._span.closing else 0
        tip = Tip(self._ahead, self.state) if self._ahead is not None else None
        return Outcome(self.state, news, list(found.values()), late, unfinished, tip)


def _identity(hit: Held) -> tuple[object, ...]:
    """Return what a hit is known by: a firing by its time, whichever signal completes it."""
    return (hit.origin, hit.time) if hit.origin else hit.place()


def _time(hit: Held) -> int:
    return hit.time
