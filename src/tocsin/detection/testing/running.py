"""Runs one test: its signals go through the engine in several ways, which must all give the same alerts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from tocsin.detection.engine import Plan, compile_plan, latest
from tocsin.detection.problems import LevelNotMapped, RuleRejected
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.state import WindowState, instant, micros
from tocsin.detection.testing import closure
from tocsin.detection.testing.comparing import Came, differences
from tocsin.detection.testing.playing import signals_of
from tocsin.detection.testing.reasons import reasons
from tocsin.detection.testing.result import Kind, Result
from tocsin.detection.testing.written import RuleTest
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

SHUFFLES = 5
"""How many orders of arrival a test with `shuffle: true` is played in, each within the allowed lateness."""

_SECOND = 1_000_000
_TICKS_AT_MOST = 10_000

Rules = Callable[[Mapping[str, Any]], RuleSet]
Levels = Mapping[str, Severity | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What tests are run on. `rules` loads the rule set with lookup tables put in place of its own."""

    rules: Rules
    levels: Levels


@dataclass(frozen=True, slots=True)
class _Step:
    """What happens at one instant: the signals of it, and that the sources were heard until then."""

    at: int
    signals: tuple[Signal, ...]


def run_test(test: RuleTest, ground: Ground) -> Result:
    """Run one test. Nothing is raised: what keeps it from running is its difference."""
    whole = ground.rules(test.tables)
    labels = {word: each.header.label for word, each in closure.named(whole).items()}
    result = Result(
        kind=Kind.OURS,
        path=test.path,
        line=test.place.line,
        column=test.place.column,
        rules=tuple(dict.fromkeys(labels.get(word, word) for word in test.rules)),
        name=test.name,
        fires=test.fires,
    )
    try:
        part = closure.needed(whole, test.rules)
        found = _Run(test, part, ground.levels).differences(labels)
    except closure.Unknown as error:
        return replace(result, differences=(_unknown(str(error), whole),), is_broken=True)
    except RuleRejected as error:
        where = f"line {error.place.line}, column {error.place.column}: {error.happened} {error.next_step}"
        return replace(result, differences=(where,), is_broken=True)
    except LevelNotMapped as error:
        return replace(result, differences=(error.happened,), is_broken=True)
    return replace(result, differences=found)


def _unknown(word: str, whole: RuleSet) -> str:
    because = next((problem for problem in whole.problems if word == problem.rule), None)
    return f"the rule `{word}` is not loaded" + (f": {because}" if because else ".")


class _Run:
    """One test on the rules it needs."""

    def __init__(self, test: RuleTest, rules: RuleSet, levels: Levels) -> None:
        self._test = test
        self._rules = rules
        self._levels = levels
        self._wanted = {
            each.header.label for word, each in closure.named(rules).items() if word in test.rules
        }
        # A plain rule fires with its first signal; the engine may hold it back while bursts could still join.
        self._counted = {each.header.label for each in rules.correlations}
        # Lines alone do not tell such rules the event's time, so the fast path holds for too much.
        self._asks_time = any(rule.timed is not None for rule in rules.rules)
        self._plan = self._compiled(0)
        asked = _asker(self._plan)
        self._signals = signals_of(test, closure.sources(rules), asked)
        self._late = max([_lateness(rules), 1])
        self._until = test.until if test.until is not None else self._end()

    def differences(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Return what is not as the test wants it, or what depends on the way the signals came."""
        came = self._exactly()
        found = (*self._unlike_lines(), *differences(self._test, came, labels))
        if found:
            return (*found, *reasons(self._rules, self._wanted, self._signals))
        final = _forms(each.alert for each in came)
        late = self._compiled(self._late)
        if _forms(self._at_once(late)) != final:
            return ("the alerts differ when all signals come in one batch",)
        for number in range(SHUFFLES if self._test.shuffle else 0):
            if _forms(self._shuffled(late, number)) != final:
                return (f"the alerts differ when the signals come in another order (order {number + 1})",)
        return ()

    def _compiled(self, lateness: int) -> Plan:
        return compile_plan(_with_lateness(self._rules, lateness), levels=self._levels)

    def _end(self) -> int:
        """Return when all deadlines of the test have passed."""
        last = max([micros(self._test.start), *(micros(signal.time) for signal in self._signals)])
        return last + sum(max(_offsets(each)) for each in self._rules.correlations) * _SECOND + _SECOND

    def _exactly(self) -> tuple[Came, ...]:
        """Play step by step with no lateness, and remember when each alert first came out."""
        plan = self._plan
        first: dict[str, int] = {}
        told: list[DetectedAlert] = []
        pending = [tuple(self._steps())]
        state = WindowState()
        while pending:
            steps = pending.pop()
            judged = plan.judge(state, [each for step in steps for each in step.signals], heard=steps[-1].at)
            unseen = [alert for alert in judged.alerts if alert.key not in first]
            if unseen and len(steps) > 1:
                middle = len(steps) // 2
                pending += [steps[middle:], steps[:middle]]
                continue
            state = judged.state
            told += judged.alerts
            first.update((alert.key, steps[-1].at) for alert in unseen)
        return tuple(
            Came(
                alert=alert,
                at=first[alert.key] if alert.rule_id in self._counted else micros(alert.first_seen),
            )
            for alert in latest(told)
            if alert.rule_id in self._wanted
        )

    def _steps(self) -> Iterator[_Step]:
        by_time = {at: tuple(each) for at, each in groupby(self._signals, key=lambda each: micros(each.time))}
        offsets = sorted({offset for each in self._rules.correlations for offset in _offsets(each)})
        deadlines = {at + offset * _SECOND + tick for at in by_time for offset in offsets for tick in (0, 1)}
        deadlines |= set(self._ticks())
        times = set(by_time) | {at for at in deadlines if at <= self._until} | {self._until}
        yield from (_Step(at, by_time.get(at, ())) for at in sorted(times))

    def _ticks(self) -> Iterator[int]:
        """Yield the deadlines of what was never heard at all, counted from the start."""
        start = micros(self._test.start)
        for each in self._rules.correlations:
            if each.extensions.heartbeat is not None:
                length = each.span * _SECOND
                count = min((self._until - start) // length, _TICKS_AT_MOST)
                for number in range(1, count + 1):
                    yield start + number * length
                    yield start + number * length + 1

    def _at_once(self, plan: Plan) -> tuple[DetectedAlert, ...]:
        judged = plan.judge(WindowState(), self._signals, heard=self._until + self._late * _SECOND)
        return self._only_wanted(judged.alerts)

    def _shuffled(self, plan: Plan, number: int) -> tuple[DetectedAlert, ...]:
        """Play the signals in another order, none later than the allowed lateness, in batches of any size."""
        chance = random.Random(f"{self._test.name}/{number}")
        spread = self._late * _SECOND
        delayed = [(micros(each.time) + chance.randrange(spread), each) for each in self._signals]
        arrived = [each for _, each in sorted(delayed, key=lambda pair: (pair[0], pair[1].position))]
        state = WindowState()
        told: list[DetectedAlert] = []
        newest = micros(self._test.start)
        while arrived:
            size = chance.randint(1, max(1, len(self._signals) // 3))
            batch, arrived = arrived[:size], arrived[size:]
            newest = max([newest, *(micros(each.time) for each in batch)])
            judged = plan.judge(state, batch, heard=newest)
            state = judged.state
            told += judged.alerts
        told += plan.judge(state, [], heard=self._until + spread).alerts
        return self._only_wanted(latest(told))

    def _only_wanted(self, alerts: Sequence[DetectedAlert]) -> tuple[DetectedAlert, ...]:
        return tuple(alert for alert in alerts if alert.rule_id in self._wanted)

    def _unlike_lines(self) -> tuple[str, ...]:
        """Return where the fast path over raw lines answers otherwise than the one over records."""
        by_line = {number for number, _ in self._plan.sift([signal.raw for signal in self._signals])}
        by_record = {number for number, signal in enumerate(self._signals) if self._plan.hits(signal)}
        unlike = sorted(by_record - by_line if self._asks_time else by_record ^ by_line)
        return tuple(
            f"signal {number + 1} is judged otherwise as a raw line: {self._signals[number].raw.decode()}"
            for number in unlike[:3]
        )


def _asker(plan: Plan) -> Callable[[Mapping[str, Any]], bool]:
    empty = Signal(raw=b"", record={}, time=instant(0), source="", position=0)
    return lambda record: plan.asks_about(replace(empty, record=record))


def _forms(alerts: Any) -> list[tuple[Any, ...]]:
    """Return what alerts say, without the key, which names the signal that happened to come first."""
    return sorted(
        (
            alert.rule_id,
            tuple((name, str(value).casefold()) for name, value in alert.group),
            alert.first_seen,
            alert.last_seen,
            alert.count,
            sorted(ref.position for ref in alert.evidence),
        )
        for alert in alerts
    )


def _offsets(each: Correlation) -> tuple[int, ...]:
    extensions = each.extensions
    spans = {each.span, extensions.gap or each.span}
    delays = (0, extensions.pending, extensions.keep_firing, extensions.pending + extensions.keep_firing)
    return tuple({span + delay for span in spans for delay in delays} | set(delays))


def _lateness(rules: RuleSet) -> int:
    return max((each.extensions.allowed_lateness for each in rules.correlations), default=0)


def _with_lateness(rules: RuleSet, seconds: int) -> RuleSet:
    """Return the rules with one allowed lateness, which changes when they decide and not what."""
    changed = (
        replace(each, extensions=replace(each.extensions, allowed_lateness=seconds))
        for each in rules.correlations
    )
    return replace(rules, correlations=tuple(changed))
