"""The detection engine: rules compiled once, batches of signals in, alerts and the next state out; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.detection import folding
from tocsin.detection.correlating.feeding import (
    MISSING_GROUP_KEY,
    MISSING_VALUE,
    Feed,
    watched_rules,
)
from tocsin.detection.correlating.hearing import Heard
from tocsin.detection.correlating.weighing import FORGOTTEN, INCOMPLETE_WINDOW, LATE, Watch, Weighing
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.matching.scanners import PatternCache
from tocsin.detection.problems import LevelNotMapped
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.timed import Timed
from tocsin.detection.state import FOREVER, NEVER, WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

COUNTERS = (MISSING_GROUP_KEY, MISSING_VALUE, LATE, FORGOTTEN, INCOMPLETE_WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """Something a correlation could not use, and how often; `what` is one of COUNTERS."""

    rule_id: str
    rule_title: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal and the numbers of the detection rules that hold for it."""

    signal: Signal
    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The state to commit together with the input position, and the alerts that are new or grew.

    `dirty` are the numbers of the state's shards that differ from those before.
    """

    state: WindowState
    alerts: tuple[DetectedAlert, ...]
    dirty: frozenset[int] = frozenset()


def compile_plan(
    rule_set: RuleSet, *, levels: Mapping[str, Severity | None], patterns: PatternCache | None = None
) -> Plan:
    """Compile a rule set. `levels` maps Sigma's levels to severities; None means no severity.

    `patterns` spares compiling what was compiled before. Raises LevelNotMapped for a level the map does not
    know. A rule without a level has no severity.
    """
    ruled: tuple[Rule | Correlation, ...] = (*rule_set.rules, *rule_set.correlations)
    heads = [each.header for each in ruled]
    for head in heads:
        if head.level and head.level not in levels:
            raise LevelNotMapped(
                f"The rule {head.label} has the level `{head.level}`, for which no severity is set.",
                means="No rule is loaded, because an alert without its severity would call nobody.",
                next_step="Add the level to the pack's severities file.",
            )
    return Plan(rule_set, {head.label: levels.get(head.level) for head in heads}, patterns)


class Plan:
    """A compiled rule set. Judging depends on nothing but state and signals; its caches change no answer."""

    def __init__(
        self,
        rule_set: RuleSet,
        severities: Mapping[str, Severity | None],
        patterns: PatternCache | None = None,
    ) -> None:
        self._rules = rule_set.rules
        self._severities = severities
        self._matcher = Matcher(rule_set.rules, patterns=patterns)
        self._timed = Timed(rule_set.rules)
        self._watched = watched_rules(
            rule_set.rules,
            rule_set.correlations,
            rule_set.by_reference(),
            rule_set.tables.tables,
        )
        feeds = {
            place: Feed(each, each.correlation, rule_set.tables.tables)
            for place, each in enumerate(self._watched)
            if each.correlation is not None
        }
        self._watch = Watch(self._watched, feeds)

    def sift(self, lines: Sequence[bytes]) -> list[tuple[int, tuple[int, ...]]]:
        """Return the lines (JSON objects) for which rules may hold: number in the batch, and the rules.

        Only `weigh` asks those rules again whose meaning depends on the event's time.
        """
        found: list[tuple[int, tuple[int, ...]]] = self._matcher.sift(lines)
        return found

    def hits(self, signal: Signal) -> tuple[Rule, ...]:
        """Return the detection rules that hold for one signal, before correlation and folding."""
        numbers = self._confirmed(signal, self._matcher.hits(signal.record))
        return tuple(self._rules[number] for number in numbers)

    def asks_about(self, signal: Signal) -> bool:
        """Say whether any rule speaks about the log source that the signal comes from."""
        return self._matcher.asks_about(signal.record)

    def judge(self, state: WindowState, signals: Sequence[Signal], *, heard: int | None = None) -> Judged:
        """Match and weigh a batch of signals, in any order; see `weigh`.

        `heard` is by default the newest event time among the signals (microseconds since 1970).
        """
        times = [micros(signal.time) for signal in signals]
        hits = [Hit(signal, numbers) for signal in signals if (numbers := self._matcher.hits(signal.record))]
        return self._weighed(state, hits, max(times, default=NEVER) if heard is None else heard, times)

    def weigh(self, state: WindowState, hits: Sequence[Hit], *, heard: Heard) -> Judged:
        """Weigh hits, now that the sources were heard up to `heard` (event time, microseconds since 1970).

        With one time a source, each rule waits for those sources alone that ever fed it; a state is weighed
        either way, not both. Conditions that more signals can only make truer fire at once, under a key
        that stays when late signals refine them; all others are decided when `heard` minus the rule's
        allowed lateness has passed them. An alert comes out when its burst is new and when it has
        changed, in stable order. Within the allowed lateness neither the order of the hits nor how they
        are cut into batches changes the alerts that are there in the end. `state` is not changed. Nothing
        is raised for any record.
        """
        return self._weighed(state, hits, heard, [micros(hit.signal.time) for hit in hits])

    def finish(self, state: WindowState, *, heard: int | None = None) -> Judged:
        """Take the end of the input: every deadline up to the last signal (or `heard`) passes.

        Returns the final form of every open burst. Windows that would end later are not decided; they are
        counted as incomplete.
        """
        weighing = Weighing(self._watch, state)
        last = max(state.newest, state.heard, NEVER if heard is None else heard)
        weighing.step(last, closing=True)
        return self._judged(weighing, last)

    def diagnostics(self, state: WindowState) -> tuple[Diagnostic, ...]:
        """Return what correlations could not use so far (T1, T2), zero counts left out."""
        return tuple(
            Diagnostic(rule_id=each.header.label, rule_title=each.header.title, what=what, count=counts[what])
            for each in self._watched
            if each.correlation is not None and (counts := state.counted(each.key))
            for what in COUNTERS
            if counts.get(what)
        )

    def _weighed(self, state: WindowState, hits: Sequence[Hit], heard: Heard, times: Sequence[int]) -> Judged:
        weighing = Weighing(self._watch, state)
        weighing.observe(min(times, default=FOREVER))
        for hit in hits:
            weighing.take(hit.signal, self._confirmed(hit.signal, hit.rules))
        weighing.step(heard)
        return self._judged(weighing, max(times, default=NEVER))

    def _confirmed(self, signal: Signal, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Return those of the rules that hold also where they ask for the time; only they look at it."""
        return self._timed.confirmed(numbers, signal.record, micros(signal.time)) if numbers else numbers

    def _judged(self, weighing: Weighing, newest: int) -> Judged:
        alerts = stable_order(
            folding.alert(watched, self._severities[watched.header.label], key, burst)
            for watched, (key, burst) in weighing.told.values()
        )
        state, dirty = weighing.result(newest)
        return Judged(state=state, alerts=alerts, dirty=dirty)


def stable_order(alerts: Iterable[DetectedAlert]) -> tuple[DetectedAlert, ...]:
    """Return alerts in a total order that does not depend on how the input was cut into batches."""
    return tuple(sorted(alerts, key=lambda each: (each.first_seen, each.rule_id, each.group, each.key)))


def latest(alerts: Iterable[DetectedAlert]) -> tuple[DetectedAlert, ...]:
    """Return the last form of each burst from alerts in the order they came out, in stable order."""
    return stable_order({each.key: each for each in alerts}.values())
