"""A group's window against its own past (E3): judged while it runs, learned once it is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tocsin.detection.baselines.model import Usual, judged, pooled, shrunk, usual
from tocsin.detection.baselines.seasons import Seasons
from tocsin.detection.correlating.watched import MICROS, Watched, bounded
from tocsin.detection.correlating.window import Window
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.extension import Baseline
from tocsin.detection.state import NEVER, Burst, GroupState, Habit, Held

# What is usual among a group's peers when a window began: of (start, peers) the population.
Populations = Callable[[int, str], Usual]


def nobody(start: int, peer: str) -> Usual:
    """Return what is usual among no peers at all."""
    return usual([], 0)


class HabitWindow(Window):
    """A window aligned to its zone's days or hours, and those before it.

    `habit.past` holds the windows that were not quiet. A window that fired is frozen out of the past, so that
    an attacker cannot teach what is usual.
    """

    __slots__ = ("_baseline", "_bounds", "_habit", "_populations", "_seasons")

    def __init__(
        self, watched: Watched, correlation: Correlation, state: GroupState, populations: Populations
    ) -> None:
        baseline = baseline_of(watched)
        # What is measured is learned whether or not the condition holds, so it is measured without bounds.
        super().__init__(unbounded(watched, correlation), state)
        self._bounds = correlation
        self._baseline = baseline
        self._populations = populations
        self._seasons = Seasons(baseline, watched.span // MICROS)
        kept = state.habit or Habit(past=[], start=NEVER, count=0.0, fired=False, first=NEVER, peer="")
        self._habit = Habit(kept.past.copy(), kept.start, kept.count, kept.fired, kept.first, kept.peer)

    def stored(self, state: GroupState) -> None:
        super().stored(state)
        state.habit = self._habit

    def take(self, time: int, bucket: Sequence[Held]) -> None:
        start, habit = self._seasons.start(time), self._habit
        if start != habit.start:
            self._close(start)
        habit.peer = bucket[-1].peer or habit.peer
        oldest = self.admit(time, bucket)
        habit.count = self.measured(oldest) or 0.0
        if self._bounds.satisfied(habit.count) and not self._seasons.excluded(start):
            self._judge(time, habit.count)

    def _oldest(self, time: int) -> int:
        return self._seasons.start(time)

    def _close(self, start: int) -> None:
        """Learn the window that ran until now, and begin the next."""
        habit = self._habit
        habit.past = closed(habit, start, self._baseline)
        if is_forgotten(habit, start, self._baseline):
            habit.first = start
        habit.start, habit.count, habit.fired = start, 0.0, False

    def _judge(self, time: int, measured: float) -> None:
        habit, seasons = self._habit, self._seasons
        known, counts = own_past(habit, habit.start, seasons)
        population = self._populations(habit.start, habit.peer)
        if habit.start - habit.first < self._baseline.warmup * MICROS or not known.windows:
            # Who has no past, or one that is frozen throughout, is compared with the peers, if there are any.
            known, counts = population if population.windows > known.windows else nobody(0, ""), []
        else:
            known = shrunk(known, population)
        verdict = judged(self._baseline, measured, known, counts)
        if not verdict.unusual:
            return
        habit.fired = habit.fired or self._baseline.freeze_on_alert
        self.fire(time, measured)
        for burst in self.bursts[-1:]:
            burst.note = _note(burst, measured, known.mean, seasons.words(habit.start), verdict.words)


def unbounded(watched: Watched, correlation: Correlation) -> Watched:
    """Return a rule that measures without asking for any bound."""
    return replace(watched, correlation=replace(correlation, bounds=()), satisfied=bounded(()))


def baseline_of(watched: Watched) -> Baseline:
    """Return the baseline that a rule asks for."""
    baseline = watched.extensions.baseline
    assert baseline is not None, "the rule asks for a baseline"
    return baseline


def _note(burst: Burst, measured: float, mean: float, compared: str, words: str) -> str:
    said = f"{measured:,.6g} signals, usual {mean:,.3g} ({compared})"
    return f"{said}, {words}" if words else said


def closed(habit: Habit, start: int, baseline: Baseline) -> list[tuple[int, float, bool]]:
    """Return the past when a window begins at `start`, with the one that ran before, but not too old."""
    oldest = start - baseline.history * MICROS
    past = [each for each in habit.past if each[0] >= oldest]
    if habit.start != NEVER and habit.start < start and habit.count and habit.start >= oldest:
        past.append((habit.start, habit.count, habit.fired))
    return past


def is_forgotten(habit: Habit, start: int, baseline: Baseline) -> bool:
    """Say whether a group has shown nothing for a whole history, and so begins anew, remembered or not."""
    return start - habit.start > baseline.history * MICROS


def own_past(habit: Habit, start: int, seasons: Seasons) -> tuple[Usual, list[float]]:
    """Return what was usual in the windows before `start` that are like it, and their counts above zero."""
    past = closed(habit, start, seasons.baseline)
    frozen = {each for each, _, is_frozen in past if is_frozen}
    like = [each for each in seasons.since(start, habit.first) if each not in frozen]
    wanted = set(like)
    counts = [count for each, count, _ in past if each in wanted]
    return usual(counts, len(like)), counts


def populations(habits: Sequence[Habit], start: int, seasons: Seasons) -> dict[str, tuple[float, float, int]]:
    """Return what was usual among all groups, and among those of each kind of peers, before `start`."""
    found: dict[str, list[tuple[list[float], int]]] = {"": []}
    for habit in (each for each in habits if not is_forgotten(each, start, seasons.baseline)):
        own, counts = own_past(habit, start, seasons)
        found[""].append((counts, own.windows))
        if habit.peer:
            found.setdefault(habit.peer, []).append((counts, own.windows))
    return {peer: _plain(pooled(groups)) for peer, groups in sorted(found.items())}


def _plain(known: Usual) -> tuple[float, float, int]:
    return known.mean, known.dispersion, known.windows
