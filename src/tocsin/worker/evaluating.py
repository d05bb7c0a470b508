"""Evaluates Prometheus rules at their intervals; what fires or is resolved goes the way of every alert."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.detection.promql.evaluating import Answer, milliseconds
from tocsin.detection.promql.group_state import AlertStateUnreadable, GroupState, Phase
from tocsin.detection.promql.groups import Evaluation, RuleAlert, evaluate_by, evaluate_group
from tocsin.detection.promql.rule import Group
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.ports.samples import RuleSamples
from tocsin.domain.ports.shelves import Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Take
from tocsin.intake.ruled import RESEND, ruled_report

log = logging.getLogger("tocsin.worker")

REST_S = 5.0
"""The longest rest, so that a process that takes over does so soon."""
_START = datetime(1970, 1, 1, tzinfo=UTC)

AskServer = Callable[[str, int], Answer]
"""What an expression is at a moment, by a Prometheus server."""


@dataclass(slots=True)
class Evaluating:
    """One round evaluates the groups that are due. `ask` is a Prometheus server's, None for our evaluator.

    Alerts are committed before the group's memory is: after a crash in between they are reported once more,
    and a report that is known already changes nothing.
    """

    store: Store
    samples: RuleSamples
    groups: Sequence[Group]
    take: Take
    clock: Clock
    ask: AskServer | None = None

    def round(self) -> float:
        """Evaluate what is due; return how long to rest."""
        if not self.groups:
            return REST_S
        with self.samples.evaluating() as is_ours:
            if not is_ours:
                return REST_S
            for group in self.groups:
                self._evaluate_if_sound(group)
        return min(REST_S, *(self._wait_s(group) for group in self.groups))

    def _wait_s(self, group: Group) -> float:
        left_ms = group.interval_ms - milliseconds(self.clock.now()) % group.interval_ms
        return left_ms / 1000

    def _evaluate_if_sound(self, group: Group) -> None:
        """Evaluate a group if it is due; one that fails is shouted about and stops no other."""
        try:
            self._evaluate(group)
        except Overloaded:
            raise
        except Explained as fault:
            log.error("rule group %s is not evaluated: %s %s", group.name, fault.happened, fault.next_step)

    def _evaluate(self, group: Group) -> None:
        # Moments are multiples of the interval, so that a restart does not move them.
        at_ms = milliseconds(self.clock.now()) // group.interval_ms * group.interval_ms
        state = _loaded(group, self.samples.remembered(group.key))
        if state.evaluated_at_ms is not None and at_ms <= state.evaluated_at_ms:
            return
        evaluation = self._answered(group, _START + timedelta(milliseconds=at_ms), state)
        for fault in evaluation.faults:
            log.warning("rule %s of group %s gave no result: %s", fault.rule.name, group.name, fault.reason)
        self.samples.append(evaluation.recorded)
        self._tell(group, evaluation, _START + timedelta(milliseconds=at_ms))
        self.samples.remember(group.key, evaluation.state.dump())

    def _answered(self, group: Group, at: datetime, state: GroupState) -> Evaluation:
        ask = self.ask
        if ask is None:
            return evaluate_group(group, self.samples, at, state)
        return evaluate_by(
            lambda rule, at_ms: ask(rule.expr_text, at_ms), lambda _samples: None, group, at, state
        )

    def _tell(self, group: Group, evaluation: Evaluation, at: datetime) -> None:
        """Hand alerts over and write down a gap, in one transaction, if there is anything to say."""
        reports = [
            _report(group, each, at) for each in evaluation.alerts if _is_told(group, each, milliseconds(at))
        ]
        if not reports and evaluation.gap is None:
            return
        with self.store.transaction() as shelves:
            if evaluation.gap is not None:
                facts = {
                    "group": group.name,
                    "after": (_START + timedelta(milliseconds=evaluation.gap.after_ms)).isoformat(),
                    "until": (_START + timedelta(milliseconds=evaluation.gap.until_ms)).isoformat(),
                }
                note(shelves, Happening.EVALUATION_GAP, at=self.clock.now(), facts=facts)
            self.take.own(shelves, reports)


def _loaded(group: Group, dumped: bytes) -> GroupState:
    """Return what the group remembers; nothing, and a shout, where it cannot be read."""
    try:
        return GroupState.load(dumped)
    except AlertStateUnreadable as lost:
        log.error("rule group %s: %s %s", group.name, lost.happened, lost.means)
        return GroupState()


def _is_told(group: Group, found: RuleAlert, at_ms: int) -> bool:
    """Say whether an alert is reported now: when it fires, when it is resolved, and once a minute between."""
    if found.alert.phase is Phase.PENDING:
        return False
    is_news = found.alert.phase is Phase.RESOLVED or found.alert.fired_at_ms == at_ms
    return is_news or at_ms % (RESEND // timedelta(milliseconds=1)) < group.interval_ms


def _report(group: Group, found: RuleAlert, at: datetime) -> AlertReport:
    alert = found.alert
    return ruled_report(
        alert.labels,
        alert.annotations,
        fired_at_ms=alert.active_at_ms if alert.fired_at_ms is None else alert.fired_at_ms,
        at=at,
        resolved=alert.phase is Phase.RESOLVED,
        interval=timedelta(milliseconds=group.interval_ms),
    )
