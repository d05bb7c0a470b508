"""Explains a rule on the signals of a file: what made it hold, or what kept it from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.connectors.signals.files import Collector
from tocsin.detection.engine import compile_plan, latest
from tocsin.detection.explain import RuleReason, explain, holds
from tocsin.detection.explain_correlation import CorrelationReason, Fed, explain_correlation
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.state import WindowState, micros
from tocsin.detection.testing import closure
from tocsin.domain.errors import NotFound
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

SHOWN = 3
"""Signals explained when no line is named: the first that hold, else those that came nearest."""

Refuse = Collector
Levels = Mapping[str, Severity | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A file of signals, and the position of one in it (0: all)."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSignal:
    """A detection rule explained on one signal."""

    signal: Signal
    reason: RuleReason


def place_of(text: str) -> Place:
    """Read `FILE` or `FILE:LINE`; a file that has such a name wins. Raises `NotFound`."""
    head, colon, tail = text.rpartition(":")
    if not Path(text).exists() and colon and tail.isdigit() and Path(head).exists():
        return Place(Path(head), int(tail))
    if not Path(text).exists():
        raise NotFound(
            f"There is nothing at {text}.",
            means="No rule was explained.",
            next_step="Name a file of signals, or FILE:LINE for one of them.",
        )
    return Place(Path(text), 0)


def rule_named(rules: RuleSet, word: str) -> closure.Either:
    """Return the rule of a name, id or title, or the only one with it in its title. Raises `NotFound`."""
    known = closure.named(rules)
    if word in known:
        return known[word]
    like = {each.key: each for each in known.values() if word.casefold() in each.header.title.casefold()}
    if len(like) == 1:
        return next(iter(like.values()))
    several = "; ".join(sorted(each.header.title for each in like.values())[:10])
    raise NotFound(
        f"No rule is named {word!r}." if not like else f"{len(like)} rules have {word!r} in their title.",
        means="Nothing was explained.",
        next_step=f"Choose one of: {several}." if like else "Name a rule by its name, id or title.",
    )


def on_signals(rule: Rule, signals: Sequence[Signal], line: int) -> tuple[OnSignal, ...]:
    """Explain a detection rule on the signal at a line, else on those that hold, else on the nearest.

    Raises `NotFound` for a line without a signal.
    """
    if line:
        chosen = [signal for signal in signals if signal.position == line]
        if not chosen:
            raise NotFound(
                f"There is no signal at line {line}.",
                means="Nothing was explained.",
                next_step="Signals are counted from 1; records of one document count one each.",
            )
        return tuple(_explained(rule, chosen))
    judged = holds(rule)
    hits = [signal for signal in signals if judged(signal.record, micros(signal.time))]
    if hits:
        return tuple(_explained(rule, hits[:SHOWN]))
    missed = sorted(_explained(rule, signals), key=lambda each: (not each.reason.fits, _missing(each)))
    return tuple(missed[:SHOWN])


def on_all(
    correlation: Correlation, rules: RuleSet, signals: Sequence[Signal], levels: Levels
) -> CorrelationReason:
    """Explain a correlation on signals; the alerts of correlations that it names count as theirs."""
    known = closure.named(rules)
    fed: dict[tuple[str, int, int], Fed] = {}
    for word in correlation.rules:
        each = known[word]
        found = _holding(each, signals) if isinstance(each, Rule) else _fired(each, rules, signals, levels)
        for signal in found:
            key = (signal.source, signal.position, micros(signal.time))
            before = fed[key].rules if key in fed else ()
            fed[key] = Fed(signal=signal, rules=(*before, word))
    return explain_correlation(correlation, tuple(fed.values()))


def _explained(rule: Rule, signals: Sequence[Signal]) -> Iterator[OnSignal]:
    return (
        OnSignal(signal=signal, reason=explain(rule, signal.record, micros(signal.time)))
        for signal in signals
    )


def _missing(each: OnSignal) -> int:
    return len(each.reason.leaves())


def _holding(rule: Rule, signals: Sequence[Signal]) -> Iterator[Signal]:
    judged = holds(rule)
    return (signal for signal in signals if judged(signal.record, micros(signal.time)))


def _fired(inner: Correlation, rules: RuleSet, signals: Sequence[Signal], levels: Levels) -> Iterator[Signal]:
    """Yield the alerts of an inner correlation as signals: the time of its last one, its group as fields."""
    part = closure.needed(rules, [inner.header.label])
    plan = compile_plan(part, levels=levels)
    newest = max((micros(signal.time) for signal in signals), default=0)
    judged = plan.judge(WindowState(), signals, heard=newest)
    for number, alert in enumerate(latest(judged.alerts)):
        if alert.rule_id == inner.header.label:
            yield Signal(
                raw=b"",
                record=dict(alert.group),
                time=alert.last_seen,
                source=f"correlation {inner.header.label}",
                position=number,
            )
