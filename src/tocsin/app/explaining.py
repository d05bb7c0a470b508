"""Explains a rule on the signals of a file: what made it hold, or what kept it from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.app.hunting import DISORDER, SIGNALS_AT_ONCE
from tocsin.connectors.signals.files import Collector
from tocsin.detection.engine import compile_plan, latest
from tocsin.detection.explain import RuleReason, explain, holds
from tocsin.detection.explain_correlation import CorrelationReason, Fed, Fired, explain_correlation
from tocsin.detection.problems import Place as Position
from tocsin.detection.problems import RuleProblem, RuleRejected
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.state import NEVER, WindowState, micros
from tocsin.detection.testing import closure
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.errors import NotFound
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

SHOWN = 3
"""Signals explained when no line is named: the first that hold, else those that came nearest."""

_DOCUMENTS = re.compile(r"^---.*\n", re.MULTILINE)
_WORDS = re.compile(r"^(?:name|id|title):[ \t]+(.+)$", re.MULTILINE)

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
    """Return the rule of a name, id or title, or the only one with it in its title.

    Raises `NotFound`, and `RuleRejected` for a rule that could not be loaded.
    """
    known = closure.named(rules)
    if word in known:
        return known[word]
    _refuse_broken(rules.problems, word)
    like = {each.key: each for each in known.values() if word.casefold() in each.header.title.casefold()}
    if len(like) == 1:
        return next(iter(like.values()))
    several = "; ".join(sorted(each.header.title for each in like.values())[:10])
    raise NotFound(
        f"No rule is named {word!r}." if not like else f"{len(like)} rules have {word!r} in their title.",
        means="Nothing was explained.",
        next_step=f"Choose one of: {several}." if like else "Name a rule by its name, id or title.",
    )


def _refuse_broken(problems: Sequence[RuleProblem], word: str) -> None:
    for problem in problems:
        if word == problem.rule or word in _words_at(problem):
            raise RuleRejected(
                Position(problem.line, problem.column),
                f"{word} was not loaded: {problem.path}:{problem.line}:{problem.column}: {problem.reason}",
                next_step=problem.next_step,
            )


def _words_at(problem: RuleProblem) -> frozenset[str]:
    """Return the name, id and title of the document in which a problem lies, as far as its text tells."""
    try:
        text = Path(problem.path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return frozenset()
    start = 1
    for document in _DOCUMENTS.split(text):
        end = start + document.count("\n")
        if start <= problem.line <= end:
            return frozenset(found.strip().strip("'\"") for found in _WORDS.findall(document))
        start = end + 1
    return frozenset()


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
    """Explain a correlation on signals; the alerts of correlations that it names count as theirs.

    Whether a group holds is what a hunt over the same signals says, also for a rule that only feeds others.
    """
    known = closure.named(rules)
    fed: dict[tuple[str, int, int], Fed] = {}
    for word in correlation.rules:
        each = known[word]
        found = _holding(each, signals) if isinstance(each, Rule) else _fired(each, rules, signals, levels)
        for signal in found:
            key = (signal.source, signal.position, micros(signal.time))
            before = fed[key].rules if key in fed else ()
            fed[key] = Fed(signal=signal, rules=(*before, word))
    fired = [
        Fired(group=alert.group, at=micros(alert.last_seen), measured=alert.measured)
        for alert in _alerts(correlation, rules, signals, levels)
    ]
    return explain_correlation(correlation, tuple(fed.values()), fired)


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
    for number, alert in enumerate(_alerts(inner, rules, signals, levels)):
        yield Signal(
            raw=b"",
            record=dict(alert.group),
            time=alert.last_seen,
            source=f"correlation {inner.header.label}",
            position=number,
        )


def _alerts(
    correlation: Correlation, rules: RuleSet, signals: Sequence[Signal], levels: Levels
) -> Iterator[DetectedAlert]:
    """Yield the alerts that a hunt gives for a correlation and what it is made from.

    Nothing of that part refers to the correlation itself, so that it raises alerts of its own (S33).
    """
    part = closure.needed(rules, closure.references(correlation))
    plan = compile_plan(replace(part, correlations=(*part.correlations, correlation)), levels=levels)
    state, newest = WindowState(), NEVER
    found: list[DetectedAlert] = []
    ordered = sorted(signals, key=lambda signal: signal.time)
    for start in range(0, len(ordered), SIGNALS_AT_ONCE):
        batch = ordered[start : start + SIGNALS_AT_ONCE]
        newest = micros(batch[-1].time)
        judged = plan.judge(state, batch, heard=newest - DISORDER)
        state = judged.state
        found += judged.alerts
    found += plan.finish(state, heard=newest).alerts
    return (alert for alert in latest(found) if alert.rule_hash == correlation.key)
