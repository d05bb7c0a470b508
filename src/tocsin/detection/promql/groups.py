"""Evaluates a group of rules at one moment: state, samples and moment in, alerts and samples out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.detection.promql import alerting
from tocsin.detection.promql.evaluating import Answer, evaluate, milliseconds
from tocsin.detection.promql.group_state import Active, GroupState, Memory, Phase
from tocsin.detection.promql.labels import NAME, labels_of, shown
from tocsin.detection.promql.memory import Layered
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.rule import AlertingRule, Group, PromRule, RecordingRule
from tocsin.detection.promql.vector import Point, Vector
from tocsin.domain.ports.samples import Samples
from tocsin.domain.sample import STALE, Labels, Sample

OUTAGE_TOLERANCE_MS = 3_600_000
"""A pending alert survives a gap this long (Prometheus' default `--rules.alert.for-outage-tolerance`)."""

Ask = Callable[[PromRule, int], Answer]
"""How a rule's expression is answered at a moment: by our evaluator, or by a Prometheus server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAlert:
    """An alert as its rule sees it now."""

    rule: AlertingRule
    alert: Active


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule that gave no result at this evaluation, and why. Its alerts stay as they were."""

    rule: PromRule
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was evaluated between two moments (milliseconds since 1970): what was then is not known."""

    after_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one evaluation of a group came to.

    `alerts` are all that are pending or firing, and those that were resolved by this evaluation.
    """

    state: GroupState
    alerts: tuple[RuleAlert, ...] = ()
    recorded: tuple[Sample, ...] = ()
    faults: tuple[RuleFault, ...] = ()
    gap: Gap | None = None


def evaluate_group(
    group: Group, samples: Samples, at: datetime, state: GroupState, *, default_step_ms: int | None = None
) -> Evaluation:
    """Evaluate the rules in their order with our own evaluator; each sees what those before it recorded.

    A subquery without a step takes the group's interval unless `default_step_ms` says otherwise.
    """
    layered = Layered(samples)
    step_ms = default_step_ms or group.interval_ms

    def ask(rule: PromRule, at_ms: int) -> Answer:
        return evaluate(rule.expr, layered, at_ms, default_step_ms=step_ms)

    return evaluate_by(ask, layered.append, group, at, state)


def evaluate_by(
    ask: Ask, keep: Callable[[Sequence[Sample]], object], group: Group, at: datetime, state: GroupState
) -> Evaluation:
    """Evaluate the rules by any evaluator; `keep` is given the samples of each rule at once.

    Time that does not advance changes nothing.
    """
    at_ms = milliseconds(at)
    last_ms = state.evaluated_at_ms
    if last_ms is not None and at_ms <= last_ms:
        return Evaluation(state=state)
    gap = _gap(group, last_ms, at_ms)
    turn = _Turn(ask, keep, group, at_ms, gap)
    for key, rule in _keyed(group):
        turn.take(key, rule, state.rules.get(key, Memory()))
    turn.end_series_of_removed_rules(state)
    return Evaluation(
        state=GroupState(evaluated_at_ms=at_ms, rules=turn.memories),
        alerts=tuple(turn.alerts),
        recorded=tuple(turn.recorded),
        faults=tuple(turn.faults),
        gap=gap,
    )


def _keyed(group: Group) -> list[tuple[str, PromRule]]:
    """Return the rules with their keys; the second of two equal ones has a key of its own."""
    counts: dict[str, int] = {}
    keyed = []
    for rule in group.rules:
        count = counts[rule.key] = counts.get(rule.key, 0) + 1
        keyed.append((rule.key if count == 1 else f"{rule.key}#{count}", rule))
    return keyed


def _gap(group: Group, last_ms: int | None, at_ms: int) -> Gap | None:
    """Say whether at least one evaluation was missed."""
    if last_ms is None or at_ms - last_ms < 2 * group.interval_ms:
        return None
    return Gap(last_ms, at_ms)


class _Turn:
    """One evaluation on its way through the rules."""

    def __init__(
        self, ask: Ask, keep: Callable[[Sequence[Sample]], object], group: Group, at_ms: int, gap: Gap | None
    ) -> None:
        self._ask = ask
        self._keep = keep
        self._group = group
        self._at_ms = at_ms
        self._gap = gap
        self.memories: dict[str, Memory] = {}
        self.alerts: list[RuleAlert] = []
        self.recorded: list[Sample] = []
        self.faults: list[RuleFault] = []

    def take(self, key: str, rule: PromRule, memory: Memory) -> None:
        if self._gap is not None:
            memory = replace(memory, alerts=self._after_the_gap(memory.alerts, self._gap))
        try:
            alerts, samples = self._result(rule, memory)
        except EvaluationFailed as failed:
            self.faults.append(RuleFault(rule, failed.happened))
            self.memories[key] = memory
            return
        lasting = tuple(alert for alert in alerts if alert.phase is not Phase.RESOLVED)
        count = len(lasting) if isinstance(rule, AlertingRule) else len(samples)
        if 0 < self._group.limit < count:
            reason = f"exceeded limit of {self._group.limit} with {count} results."
            self.faults.append(RuleFault(rule, reason))
            # Too many alerts are dropped as a whole, as in Prometheus; after any other fault they stay.
            self.memories[key] = replace(memory, alerts=())
            return
        if isinstance(rule, AlertingRule):
            self.alerts.extend(RuleAlert(rule=rule, alert=alert) for alert in alerts)
        written = tuple(sample.labels for sample in samples)
        self._record([*samples, *self._ended(memory.written, written)])
        self.memories[key] = Memory(alerts=lasting, written=written)

    def _result(self, rule: PromRule, memory: Memory) -> tuple[tuple[Active, ...], list[Sample]]:
        vector = _as_vector(self._ask(rule, self._at_ms))
        if isinstance(rule, RecordingRule):
            return (), _renamed(rule, vector, self._at_ms)
        alerts = alerting.advanced(rule, memory.alerts, vector, self._at_ms)
        return alerts, alerting.recorded(rule, alerts, self._at_ms)

    def _after_the_gap(self, alerts: tuple[Active, ...], gap: Gap) -> tuple[Active, ...]:
        """Leave the time of the gap out of `for`: nobody knows whether the condition held then."""
        missed = gap.until_ms - gap.after_ms - self._group.interval_ms
        if missed > OUTAGE_TOLERANCE_MS:
            return tuple(alert for alert in alerts if alert.phase is Phase.FIRING)
        return tuple(
            replace(alert, active_at_ms=alert.active_at_ms + missed)
            if alert.phase is Phase.PENDING
            else alert
            for alert in alerts
        )

    def _ended(self, before: Sequence[Labels], now: Sequence[Labels]) -> list[Sample]:
        gone = set(before) - set(now)
        return [Sample(labels, self._at_ms, STALE) for labels in before if labels in gone]

    def _record(self, samples: list[Sample]) -> None:
        self._keep(samples)
        self.recorded.extend(samples)

    def end_series_of_removed_rules(self, state: GroupState) -> None:
        for key, memory in state.rules.items():
            if key not in self.memories:
                self._record(self._ended(memory.written, [sample.labels for sample in self.recorded]))


def _as_vector(answer: Answer) -> Vector:
    if isinstance(answer, float):
        return [Point((), answer)]
    if isinstance(answer, str):
        raise EvaluationFailed("rule result is not a vector or scalar.")
    return answer


def _renamed(rule: RecordingRule, vector: Vector, at_ms: int) -> list[Sample]:
    samples: dict[Labels, Sample] = {}
    for labels, value in vector:
        named = labels_of({**dict(labels), **dict(rule.labels), NAME: rule.name})
        if named in samples:
            raise EvaluationFailed(
                f"vector contains metrics with the same labelset after applying rule labels: {shown(named)}."
            )
        samples[named] = Sample(named, at_ms, value)
    return list(samples.values())
