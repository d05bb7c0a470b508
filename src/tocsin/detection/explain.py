"""Says why a rule holds for a record or does not: its whole tree, with what was asked and found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tocsin.detection.sigma.logsource import LogSource, Origin, origin, signature
from tocsin.detection.sigma.predicates import OF_TIME, Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import All, Any_, Interned, Members, Not, Quantifier, Tree
from tocsin.detection.state import instant

SHOWN_CHARACTERS = 200
SHOWN_VALUES = 3

Judge = Callable[[Mapping[str, Any], int | None], bool]
"""Says whether a rule holds for a record, with the event's time in microseconds since 1970."""

_WORDS = {
    Op.EQUALS: "equals",
    Op.NUMBER: "equals",
    Op.CONTAINS: "contains",
    Op.STARTSWITH: "begins with",
    Op.ENDSWITH: "ends with",
    Op.LIKE: "is like",
    Op.REGEX: "matches",
    Op.CIDR: "lies in",
    Op.LT: "is below",
    Op.LTE: "is at most",
    Op.GT: "is above",
    Op.GTE: "is at least",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One node of a rule's tree with its answer. `said` is what it asks, `found` what the record has.

    `name` is the selection that it is, empty for parts of one. A leaf has no branches; `field` is its field.
    """

    said: str
    holds: bool
    name: str = ""
    found: str = ""
    field: str = ""
    branches: tuple[Reason, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the tree as indented lines, each with its mark."""
        mark = "+" if self.holds else "-"
        named = f"{self.name}: " if self.name else ""
        found = f"  [{self.found}]" if self.found else ""
        yield f"{'  ' * depth}{mark} {named}{self.said}{found}"
        for branch in self.branches:
            yield from branch.lines(depth + 1)

    def record(self) -> dict[str, Any]:
        """Return the tree as plain values."""
        parts = {"name": self.name, "field": self.field, "found": self.found}
        named = {key: value for key, value in parts.items() if value}
        inner = {"branches": [branch.record() for branch in self.branches]} if self.branches else {}
        return {"said": self.said, "holds": self.holds, **named, **inner}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReason:
    """Why a detection rule holds for one record or not: its log source and its tree must both fit.

    `rule_hash` is the digest of what the rule means; it changes when its meaning does.
    """

    rule_id: str
    title: str
    rule_hash: str
    fits: bool
    source: str
    tree: Reason

    @property
    def holds(self) -> bool:
        """Say whether the rule holds."""
        return self.fits and self.tree.holds

    def leaves(self) -> tuple[Reason, ...]:
        """Return the leaves that decide: those that make it hold, or those of which one more was needed."""
        return tuple(_deciding(self.tree))

    def summary(self) -> str:
        """Return in one line what decides."""
        if not self.fits:
            return f"The log source does not fit: {self.source}."
        told = [f"{leaf.said} [{leaf.found}]" for leaf in self.leaves()[:SHOWN_VALUES]]
        more = len(self.leaves()) - len(told)
        rest = f" and {more} more" if more else ""
        return f"{'Holds' if self.holds else 'Fails'} by: {'; '.join(told)}{rest}."

    def record(self) -> dict[str, Any]:
        """Return all of it as plain values; the fields are a contract."""
        return {
            "rule_id": self.rule_id,
            "rule_title": self.title,
            "rule_hash": self.rule_hash,
            "holds": self.holds,
            "log_source": {"fits": self.fits, "said": self.source},
            "leaves": [leaf.record() for leaf in self.leaves()],
            "tree": self.tree.record(),
        }


def explain(rule: Rule, record: Mapping[str, Any], time: int | None = None) -> RuleReason:
    """Explain a detection rule on one record. Never raises, whatever the record holds.

    `time` is the event's, in microseconds since 1970, for rules that look into tables or calendars.
    """
    known = origin(signature(record))
    return RuleReason(
        rule_id=rule.header.label,
        title=rule.header.title,
        rule_hash=rule.key,
        fits=known.fits(rule.logsource),
        source=f"the rule asks for {_asked(rule.logsource)}, the record is of {_known(known)}",
        tree=_Walk(rule).reason(_whole(rule), Facts(record, Memo(), time)),
    )


def holds(rule: Rule) -> Judge:
    """Return the function that says whether a rule holds for a record and its time, without the reasons."""
    verdict = Interned().compile(_whole(rule))
    memo = Memo()

    def judged(record: Mapping[str, Any], time: int | None) -> bool:
        return origin(signature(record)).fits(rule.logsource) and verdict(Facts(record, memo, time))

    return judged


class _Walk:
    """One walk over a rule's tree."""

    def __init__(self, rule: Rule) -> None:
        self._names = {id(tree): name for name, tree in rule.selections}
        self._interned = Interned()

    def reason(self, tree: Tree, facts: Facts) -> Reason:
        name = self._names.get(id(tree), "")
        if isinstance(tree, All | Any_):
            return self._joined(name, tree, facts)
        if isinstance(tree, Not):
            inner = self.reason(tree.branch, facts)
            return Reason(name=name, said="not", holds=not inner.holds, branches=(inner,))
        if isinstance(tree, Members):
            return self._members(name, tree, facts)
        return Reason(
            name=name,
            said=asked(tree),
            holds=self._interned.compile(tree)(facts),
            found=_found(tree, facts),
            field=tree.field or "",
        )

    def _joined(self, name: str, tree: All | Any_, facts: Facts) -> Reason:
        inner = tuple(self.reason(branch, facts) for branch in tree.branches)
        if len(inner) == 1 and not name:
            return inner[0]
        answers = [branch.holds for branch in inner]
        if isinstance(tree, All):
            return Reason(name=name, said="all of", holds=all(answers), branches=inner)
        return Reason(name=name, said="at least one of", holds=any(answers), branches=inner)

    def _members(self, name: str, tree: Members, facts: Facts) -> Reason:
        """Explain a question to the members of a list; the first ones are shown each with its own tree."""
        shown = islice(facts.elements(tree.field), SHOWN_VALUES)
        position = f" {tree.position}" if tree.quantifier is Quantifier.AT else ""
        return Reason(
            name=name,
            said=f"of the members of {tree.field}, {tree.quantifier.value}{position}",
            holds=self._interned.compile(tree)(facts),
            found=_value(tree.field, facts),
            field=tree.field,
            branches=tuple(self.reason(tree.branch, element) for element in shown),
        )


def _whole(rule: Rule) -> Tree:
    return rule.tree if rule.timed is None else rule.timed


def _found(predicate: Predicate, facts: Facts) -> str:
    if predicate.op in OF_TIME:
        return "the time is not known" if facts.time is None else f"it is {instant(facts.time).isoformat()}"
    shown = _value(predicate.field, facts)
    if predicate.op is Op.FIELD:
        return f"{shown}; {predicate.value}: {_value(str(predicate.value), facts)}"
    return shown


def _value(field: str | None, facts: Facts) -> str:
    if field is None:
        return "all values of the record are looked at"
    found = facts.found(field)
    if not found.present:
        return "the field is absent"
    texts = [_short(repr(reading.text)) for reading in found.readings]
    texts += ["null"] if found.null else []
    more = len(texts) - SHOWN_VALUES
    shown = " | ".join(texts[:SHOWN_VALUES]) + (f" | and {more} more" if more > 0 else "")
    return f"is {shown}" if texts else "is an empty list"


def asked(predicate: Predicate) -> str:
    """Return what a predicate asks, in words."""
    subject = "any value" if predicate.field is None else predicate.field
    if predicate.op is Op.EXISTS:
        return f"{subject} {'exists' if predicate.value else 'does not exist'}"
    if predicate.op is Op.NULL:
        return f"{subject} is null or absent"
    if predicate.op is Op.FIELD:
        return f"{subject} {predicate.detail or 'equals'} the field {predicate.value}"
    if predicate.op in OF_TIME:
        return f"the event happened within {_short(str(predicate.value))}"
    if predicate.op is Op.TIME:
        return f"the {predicate.detail} of {subject} is {predicate.value}"
    cased = " (case matters)" if predicate.cased else ""
    words = _WORDS.get(predicate.op, predicate.op.value)
    return f"{subject} {words} {_short(repr(predicate.value))}{cased}"


def _deciding(reason: Reason) -> Iterator[Reason]:
    """Yield the leaves whose answers make a node answer as it does."""
    if reason.said == "not":
        yield from _deciding(reason.branches[0])
        return
    alike = [branch for branch in reason.branches if branch.holds is reason.holds]
    for branch in alike:
        yield from _deciding(branch)
    if not alike:
        yield reason


def _asked(source: LogSource) -> str:
    parts = {"product": source.product, "service": source.service, "category": source.category}
    return ", ".join(f"{key} {value}" for key, value in parts.items() if value)


def _known(known: Origin) -> str:
    parts = {"product": known.products, "service": known.services, "category": known.categories}
    told = (f"{key} {'/'.join(sorted(values))}" for key, values in parts.items() if values)
    return ", ".join(told) or "no log source that is known"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
