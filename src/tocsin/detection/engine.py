"""The detection engine: rules compiled once, batches of signals in, alerts and the next state out; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.detection import correlation as counting
from tocsin.detection import folding
from tocsin.detection.correlation import COUNTERS, MICROS, Counting
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.problems import LevelNotMapped
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.state import Burst, Ref, RuleState, WindowState, micros, ref_of
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """Something a correlation could not use, and how often; `what` is one of `correlation.COUNTERS`."""

    rule_id: str
    rule_title: str
    what: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The state to commit together with the input position, and the alerts that are new or grew."""

    state: WindowState
    alerts: tuple[DetectedAlert, ...]


def compile_plan(rule_set: RuleSet, *, levels: Mapping[str, Severity | None]) -> Plan:
    """Compile a rule set. `levels` maps Sigma's levels to severities; None means no severity.

    Raises LevelNotMapped for a level the map does not know. A rule without a level has no severity.
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
    return Plan(rule_set, {head.label: levels.get(head.level) for head in heads})


class Plan:
    """A compiled rule set. Judging depends on nothing but state and signals; its caches change no answer."""

    def __init__(self, rule_set: RuleSet, severities: Mapping[str, Severity | None]) -> None:
        self._rules = rule_set.rules
        self._correlations = rule_set.correlations
        self._all: tuple[Rule | Correlation, ...] = (*rule_set.rules, *rule_set.correlations)
        self._severities = severities
        self._matcher = Matcher(rule_set.rules)
        numbers = {rule.key: number for number, rule in enumerate(rule_set.rules)}
        references = rule_set.by_reference()
        # Rule number -> the correlations that name it, each with the word it uses for it.
        self._feeds: dict[int, list[tuple[int, str]]] = {}
        for place, each in enumerate(rule_set.correlations):
            for word in each.rules:
                self._feeds.setdefault(numbers[references[word].key], []).append((place, word))
        self._silent = frozenset(
            number
            for number, feeds in self._feeds.items()
            if not any(rule_set.correlations[place].generate for place, _ in feeds)
        )

    def hits(self, signal: Signal) -> tuple[Rule, ...]:
        """Return the detection rules that hold for one signal, before correlation and folding."""
        return tuple(self._rules[number] for number in self._matcher.hits(signal.record))

    def asks_about(self, signal: Signal) -> bool:
        """Say whether any rule speaks about the log source that the signal comes from."""
        return self._matcher.asks_about(signal.record)

    def judge(self, state: WindowState, signals: Sequence[Signal]) -> Judged:
        """Judge a batch; signals are taken in order of time, source and position.

        An alert comes out when its burst first fires and again, with the same key, when a later batch extends
        it; at most once a batch, in stable order. `state` is not changed. Nothing is raised for any record.
        """
        judging = _Judging(self._owned(state), state.newest)
        ordered = sorted(signals, key=lambda each: (each.time, each.source, each.position))
        for signal in ordered:
            numbers = self._matcher.hits(signal.record)
            if numbers:
                self._weigh(judging, signal, numbers)
        judging.newest = max([judging.newest, *(micros(signal.time) for signal in ordered[-1:])])
        self._sweep(judging)
        return Judged(
            state=WindowState(judging.rules, judging.newest),
            alerts=stable_order(
                self._alert(head, burst)
                for head, bursts in judging.changed.values()
                for burst in bursts.values()
            ),
        )

    def finish(self, state: WindowState) -> tuple[DetectedAlert, ...]:
        """Return the final form of every open burst, in stable order, for the end of input."""
        return stable_order(self._open(state))

    def diagnostics(self, state: WindowState) -> tuple[Diagnostic, ...]:
        """Return what correlations could not use so far (T1, T2), zero counts left out."""
        return tuple(
            Diagnostic(
                rule_id=each.header.label,
                rule_title=each.header.title,
                what=what,
                count=remembered.counters[what],
            )
            for each in self._correlations
            if (remembered := state.rules.get(each.key)) is not None
            for what in COUNTERS
            if remembered.counters.get(what)
        )

    def _owned(self, state: WindowState) -> dict[str, RuleState]:
        known = {each.key for each in self._all}
        return {key: kept for key, kept in state.rules.items() if key in known}

    def _weigh(self, judging: _Judging, signal: Signal, numbers: tuple[int, ...]) -> None:
        ref = ref_of(signal)
        judging.newest = max(judging.newest, ref.time)
        feeds: dict[int, list[str]] = {}
        for number in numbers:
            if number not in self._silent:
                judging.fold(self._rules[number], ref)
            for place, word in self._feeds.get(number, ()):
                feeds.setdefault(place, []).append(word)
        for place, words in feeds.items():
            judging.counting(self._correlations[place]).take(words, signal.record, ref, judging.newest)

    def _sweep(self, judging: _Judging) -> None:
        for each in self._correlations:
            kept = judging.rules.get(each.key)
            if kept is not None:
                judging.rules[each.key] = counting.swept(kept, each.span, judging.newest)

    def _open(self, state: WindowState) -> Iterator[DetectedAlert]:
        for each in self._all:
            kept = state.rules.get(each.key)
            if kept is None:
                continue
            if kept.burst is not None:
                yield self._alert(each.header, kept.burst)
            for window in kept.groups.values():
                if window.burst is not None:
                    yield self._alert(each.header, window.burst)

    def _alert(self, head: Header, burst: Burst) -> DetectedAlert:
        return folding.alert(head, self._severities[head.label], burst)


class _Judging:
    """One batch being judged: our own copies of the states it touches."""

    def __init__(self, rules: dict[str, RuleState], newest: int) -> None:
        self.rules = rules
        self.newest = newest
        self.changed: dict[str, tuple[Header, dict[str, Burst]]] = {}
        self._countings: dict[str, Counting] = {}

    def fold(self, rule: Rule, ref: Ref) -> None:
        """Take one signal of a plain rule into its open burst, or open a new one after an hour of quiet."""
        kept = self.rules.get(rule.key)
        burst = kept.burst if kept else None
        head, changed = self._changed(rule.key, rule.header)
        if burst is None or ref.time - burst.last > folding.FOLD_QUIET_SECONDS * MICROS:
            burst = folding.opened(head.label, (), "", (ref,), ref.time)
        else:
            burst = burst if burst.key in changed else folding.copied(burst)
            folding.extend(burst, (ref,), ref.time)
        changed[burst.key] = burst
        self.rules[rule.key] = RuleState(groups={}, burst=burst, held=0, counters={})

    def counting(self, each: Correlation) -> Counting:
        """Return a correlation at work on our own copy of its state."""
        known = self._countings.get(each.key)
        if known is None:
            kept = self.rules.get(each.key)
            own = RuleState(
                groups=dict(kept.groups) if kept else {},
                burst=None,
                held=kept.held if kept else 0,
                counters=dict(kept.counters) if kept else {},
            )
            self.rules[each.key] = own
            known = self._countings[each.key] = Counting(each, own, self._changed(each.key, each.header)[1])
        return known

    def _changed(self, key: str, head: Header) -> tuple[Header, dict[str, Burst]]:
        return self.changed.setdefault(key, (head, {}))


def stable_order(alerts: Iterable[DetectedAlert]) -> tuple[DetectedAlert, ...]:
    """Return alerts in a total order that does not depend on how the input was cut into batches."""
    return tuple(sorted(alerts, key=lambda each: (each.first_seen, each.rule_id, each.group, each.key)))


def latest(alerts: Iterable[DetectedAlert]) -> tuple[DetectedAlert, ...]:
    """Return the last form of each burst from alerts in the order they came out, in stable order."""
    return stable_order({each.key: each for each in alerts}.values())
