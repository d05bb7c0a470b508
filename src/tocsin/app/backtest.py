"""Shows what a change of rules would have done: alerts added, removed and the same over the stored past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tocsin.app.retro import Past, ReadSignal, Retro
from tocsin.detection.engine import Plan, compile_plan
from tocsin.detection.rules import RuleSet
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.store.lake import SegmentLake

Find = Callable[[RuleSet], Iterable[DetectedAlert]]
"""Hunts with a set of rules over the same signals every time."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The alerts that only the new rules raise, those that only the old ones raised, and those of both.

    An alert is the same when rule, group and first time are; `same` holds it as the new rules raise it.
    """

    added: tuple[DetectedAlert, ...]
    removed: tuple[DetectedAlert, ...]
    same: tuple[DetectedAlert, ...]


def backtest(old_rules: RuleSet, new_rules: RuleSet, find: Find) -> Backtest:
    """Compare what two sets of rules find."""
    old = {_identity(alert): alert for alert in find(old_rules)}
    new = {_identity(alert): alert for alert in find(new_rules)}
    return Backtest(
        added=tuple(alert for key, alert in new.items() if key not in old),
        removed=tuple(alert for key, alert in old.items() if key not in new),
        same=tuple(alert for key, alert in new.items() if key in old),
    )


def over_lake(
    lake: SegmentLake, past: Past, words: Mapping[str, Severity | None], read_signal: ReadSignal
) -> Find:
    """Return what hunts over a part of the lake. `words` are the severities of Sigma's levels."""

    def find(rules: RuleSet) -> Iterable[DetectedAlert]:
        plan: Plan = compile_plan(rules, levels=words)
        return Retro.of(lake, plan, rules, read_signal).hunt(past).alerts

    return find


def _identity(alert: DetectedAlert) -> tuple[object, ...]:
    return alert.rule_id, alert.group, alert.first_seen
