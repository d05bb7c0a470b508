"""Says beside a failed test what the rules saw in its signals, so that nobody has to guess."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tocsin.detection.explain import Judge, RuleReason, explain, holds
from tocsin.detection.explain_correlation import Fed, explain_correlation
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.state import micros
from tocsin.detection.testing import closure
from tocsin.domain.signal import Signal

EXPLAINED_SIGNALS = 1_000
"""Most signals that are looked at for the nearest miss."""

GROUPS = 3


def reasons(rules: RuleSet, labels: Collection[str], signals: Sequence[Signal]) -> tuple[str, ...]:
    """Return a line for each rule of these labels and each rule that it is made from."""
    counted = rules.correlations
    lines = [
        line for each in counted if each.header.label in labels for line in _measured(each, rules, signals)
    ]
    return (*(_held(rule, signals) for rule in rules.rules), *lines)


def _held(rule: Rule, signals: Sequence[Signal]) -> str:
    title = rule.header.title
    judged = holds(rule)
    count = sum(judged(signal.record, micros(signal.time)) for signal in signals)
    if count or not signals:
        return f"why: {title} holds for {count} of {len(signals)} signals"
    near = enumerate(signals[:EXPLAINED_SIGNALS], 1)
    looked = [(number, explain(rule, each.record, micros(each.time))) for number, each in near]
    number, nearest = min(looked, key=lambda pair: _distance(pair[1]))
    told = f"signal {number} is nearest: {nearest.summary()}"
    return f"why: {title} holds for none of {len(signals)} signals; {told}"


def _distance(reason: RuleReason) -> tuple[bool, int]:
    return not reason.fits, len(reason.leaves())


def _measured(correlation: Correlation, rules: RuleSet, signals: Sequence[Signal]) -> Iterator[str]:
    known = closure.named(rules)
    named = [(word, known[word]) for word in correlation.rules]
    judges = [(word, holds(each)) for word, each in named if isinstance(each, Rule)]
    if len(judges) < len(named):
        return
    fed = [Fed(signal=signal, rules=words) for signal in signals if (words := _words(judges, signal))]
    reason = explain_correlation(correlation, fed)
    for group in reason.groups[:GROUPS]:
        values = ", ".join(f"{name}={value}" for name, value in group.group) or "all"
        yield f"why: {reason.title}, {values}: measured {group.nearest.measured:g}, needs {reason.needed}"
    if reason.excluded:
        yield f"why: {reason.title}: {reason.excluded} signals lack a field of the group"


def _words(judges: Sequence[tuple[str, Judge]], signal: Signal) -> tuple[str, ...]:
    at = micros(signal.time)
    return tuple(word for word, judged in judges if judged(signal.record, at))
