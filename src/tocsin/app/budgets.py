"""Budgets of false positives: how many hits each rule may have on known data, and why; a gate for changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.detection.problems import RuleRejected
from tocsin.detection.rules import RuleSet
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.testing import fields
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.errors import Misconfigured

_MOST = 10**9
_KEYS = ("rule", "expect", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many signals a rule (by id or title) may hold for, and the reason why these are no attack."""

    rule: str
    expect: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """A rule that holds for more signals than its budget; without a budget none are allowed."""

    rule_id: str
    rule_title: str
    hits: int
    budget: int
    reason: str


def read_budgets(path: Path) -> tuple[Budget, ...]:
    """Read `budgets:`, a list of `rule`, `expect` (hits) and `reason`. Raises `Misconfigured`."""
    try:
        read = list(documents(path.read_text(encoding="utf-8")))
        return tuple(budget for document in read for budget in _budgets(fields.table(document, "The file")))
    except RuleRejected as error:
        place = f"{path}:{error.place.line}:{error.place.column}"
        raise _unusable(f"{place}: {error.happened}", error.next_step) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(f"{path} cannot be read: {error}.", "Make it a readable UTF-8 file.") from error


def overruns(budgets: Sequence[Budget], alerts: Iterable[DetectedAlert]) -> tuple[Overrun, ...]:
    """Return the rules with more hits than allowed, the worst first."""
    hits: Counter[tuple[str, str]] = Counter()
    for alert in alerts:
        hits[(alert.rule_id, alert.rule_title)] += alert.count
    allowed = {budget.rule: budget for budget in budgets}
    found = []
    for (label, title), count in hits.items():
        budget = allowed.get(label) or allowed.get(title) or Budget(rule=label, expect=0, reason="")
        if count > budget.expect:
            found.append(
                Overrun(
                    rule_id=label, rule_title=title, hits=count, budget=budget.expect, reason=budget.reason
                )
            )
    return tuple(sorted(found, key=lambda each: (each.budget - each.hits, each.rule_id)))


def without_rule(budgets: Sequence[Budget], rules: RuleSet) -> tuple[Budget, ...]:
    """Return the budgets whose rule is not among those loaded, in their order.

    A budget finds its rule by what names it in an alert (its id, else its name) or by its title.
    """
    heads = [rule.header for rule in rules.rules] + [each.header for each in rules.correlations]
    known = {word for head in heads for word in (head.label, head.title)}
    return tuple(budget for budget in budgets if budget.rule not in known)


def _budgets(top: Table) -> Iterable[Budget]:
    written = top.get("budgets")
    for node in fields.members(written, "`budgets`") if written is not None else ():
        table = fields.table(node, "A budget", _KEYS)
        rule, reason = fields.word(table, "rule"), fields.word(table, "reason")
        if not rule or not reason.strip():
            raise RuleRejected(
                table.place,
                "A budget needs a `rule` and a `reason`.",
                next_step="Say in one sentence why these hits are no attack.",
            )
        yield Budget(rule=rule, expect=fields.count(table, "expect", most=_MOST) or 0, reason=reason)


def _unusable(happened: str, next_step: str) -> Misconfigured:
    return Misconfigured(happened, means="No budget was compared.", next_step=next_step)
