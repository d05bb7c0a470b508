"""Runs rule groups over series as promtool's tests do: at every interval from time 0 on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tocsin.detection.promql.evaluating import Answer, evaluate
from tocsin.detection.promql.group_state import GroupState, Phase
from tocsin.detection.promql.groups import RuleAlert, RuleFault, evaluate_group
from tocsin.detection.promql.memory import MemorySamples
from tocsin.detection.promql.parser import parse
from tocsin.detection.promql.rule import Group
from tocsin.domain.sample import LabelMatcher, Sample, Series

_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the groups said at one moment, milliseconds from the start."""

    at_ms: int
    alerts: tuple[RuleAlert, ...]
    faults: tuple[RuleFault, ...]

    def firing(self, name: str | None = None) -> tuple[RuleAlert, ...]:
        """Return the firing alerts, of one rule's name or of all."""
        return tuple(
            each
            for each in self.alerts
            if each.alert.phase is Phase.FIRING and name in (None, each.rule.name)
        )


class _UpTo:
    """Samples up to a moment: the future is not known yet."""

    def __init__(self, samples: MemorySamples) -> None:
        self.samples = samples
        self.until_ms = 0

    def select(self, matchers: Sequence[LabelMatcher], start_ms: int, end_ms: int) -> tuple[Series, ...]:
        return self.samples.select(matchers, start_ms, min(end_ms, self.until_ms))


class Rehearsal:
    """Groups and series of one test. `evaluation_interval_ms` is also the step of subqueries without one."""

    def __init__(
        self, groups: Sequence[Group], series: Sequence[Sample], evaluation_interval_ms: int
    ) -> None:
        # promtool evaluates every group at one interval, whatever its own.
        self._groups = [replace(group, interval_ms=evaluation_interval_ms) for group in groups]
        self._interval_ms = evaluation_interval_ms
        self._known = _UpTo(MemorySamples(series))

    def moments(self, until_ms: int) -> Iterator[Moment]:
        """Evaluate at 0, one interval, two intervals and so on, not beyond `until_ms`."""
        states = [GroupState() for _ in self._groups]
        for at_ms in range(0, until_ms + 1, self._interval_ms):
            self._known.until_ms = at_ms
            alerts: list[RuleAlert] = []
            faults: list[RuleFault] = []
            for index, group in enumerate(self._groups):
                at = _START + timedelta(milliseconds=at_ms)
                evaluation = evaluate_group(group, self._known, at, states[index])
                states[index] = evaluation.state
                self._known.samples.append(evaluation.recorded)
                alerts.extend(evaluation.alerts)
                faults.extend(evaluation.faults)
            yield Moment(at_ms=at_ms, alerts=tuple(alerts), faults=tuple(faults))

    def answer(self, expr: str, at_ms: int) -> Answer:
        """Evaluate an expression after `moments` has run, over what was known at its last moment.

        Raises `ExpressionRefused`, `EvaluationFailed`.
        """
        return evaluate(parse(expr), self._known, at_ms, default_step_ms=self._interval_ms)
