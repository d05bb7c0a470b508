"""Load Sigma files into one rule set; a broken rule is a problem with line and column, never a stop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tocsin.detection import resolving
from tocsin.detection.problems import Place, RuleProblem, RuleRejected
from tocsin.detection.resolving import words
from tocsin.detection.sigma import correlation_rule, filters, reviving, rule
from tocsin.detection.sigma.collection import Collection, named
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.document import Node, Table, documents
from tocsin.detection.sigma.filters import Filter
from tocsin.detection.sigma.header import LEVELS, Header, refuse_two_kinds
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.selections import NULL_IN_A_LIST
from tocsin.detection.sigma.tables import NO_TABLES, Tables

NEXT_STEPS = {NULL_IN_A_LIST: "The rule is loaded; consider two values in an OR."}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Every rule that could be loaded, and why the others could not.

    `remarks` are places in loaded rules that deserve a second look. A correlation stands behind those it
    names. Every name in a correlation's `rules` and in its ratio resolves through `by_reference`.
    """

    rules: tuple[Rule, ...]
    correlations: tuple[Correlation, ...]
    problems: tuple[RuleProblem, ...]
    remarks: tuple[RuleProblem, ...]
    tables: Tables = NO_TABLES

    def by_reference(self) -> dict[str, Rule | Correlation]:
        """Return rules and correlations by every word that a correlation may use for them: name and id."""
        both: tuple[Rule | Correlation, ...] = (*self.rules, *self.correlations)
        return {word: each for each in both for word in words(each.header)}


class Memory(Protocol):
    """Remembers what files of detection rules alone were read as, so that they need not be read again."""

    def recall(self, path: str, text: str) -> tuple[Rule, ...] | None:
        """Return the rules of a file of exactly this path and text, or None if they are not known."""
        ...

    def learn(self, path: str, text: str, rules: tuple[Rule, ...]) -> None:
        """Remember the rules of a file."""
        ...


class Forgetful:
    """The memory of those who have none."""

    def recall(self, _path: str, _text: str) -> tuple[Rule, ...] | None:
        """Return None."""
        return None

    def learn(self, _path: str, _text: str, _rules: tuple[Rule, ...]) -> None:
        """Do nothing."""


def load(
    files: Iterable[tuple[str, str | RuleProblem]],
    tables: Tables = NO_TABLES,
    memory: Memory | None = None,
) -> RuleSet:
    """Load rule files, given as pairs of path and text (or why there is no text), in their order.

    A file may hold several documents; an `action: global` document gives its keys to the ones behind it.
    Filters are part of the rules they are for. A condition of the old syntax (`| count() > 5`) becomes a
    correlation, with a remark that says which. What is not supported becomes a problem of that rule alone;
    nothing is raised. Problems of `tables` come first. With a `memory` the result is the same, only sooner.
    """
    loading = _Loading(tables, memory or Forgetful())
    for path, text in files:
        if isinstance(text, RuleProblem):
            loading.unread(text)
        else:
            loading.file(path, text)
    return loading.finished()


class _Loading:
    """What has been loaded so far."""

    def __init__(self, tables: Tables, memory: Memory) -> None:
        self._tables = tables
        self._memory = memory
        self._rules: dict[str, Rule] = {}
        self._filters: list[Filter] = []
        self._correlations: dict[str, Correlation] = {}
        self._words: set[str] = set()
        self._problems: list[RuleProblem] = list(tables.problems)
        self._remarks: list[RuleProblem] = []
        # The detection rules of the file that is being read, and whether it holds nothing else.
        self._read: list[Rule] = []
        self._learnable = True

    def unread(self, problem: RuleProblem) -> None:
        self._problems.append(problem)

    def file(self, path: str, text: str) -> None:
        known = self._memory.recall(path, text)
        if known is not None:
            for each in known:
                self._admit(each)
            return
        self._learnable = True
        self._read = []
        collection = Collection()
        try:
            for document in documents(text):
                self._document(path, document, collection)
        except RuleRejected as error:
            self._reject(error, path, "")
        if self._learnable:
            self._memory.learn(path, text, tuple(self._read))

    def _document(self, path: str, document: Node, collection: Collection) -> None:
        try:
            table = collection.rule(document)
            if table is not None:
                self._rule(table, path)
        except RuleRejected as error:
            self._reject(error, path, named(document))

    def _reject(self, error: RuleRejected, path: str, rule_name: str) -> None:
        self._problems.append(error.problem(path=path, rule=rule_name))
        self._learnable = False

    def _rule(self, table: Table, path: str) -> None:
        refuse_two_kinds(table)
        if table.get("filter") is not None:
            self._learnable = False
            self._filter(filters.read(table, path, self._tables))
            return
        if table.get("correlation") is not None:
            self._learnable = False
            correlation = correlation_rule.read(table, path)
            self._claim(correlation.header)
            self._correlations[correlation.key] = correlation
            return
        revival = reviving.revival(table)
        if revival is not None:
            self._learnable = False
            self._revived(revival, path)
            return
        read = rule.read(table, path, self._tables)
        self._read.append(read)
        # Tables change without the rule, so its meaning is not in its text alone.
        self._learnable = self._learnable and not read.tables
        self._admit(read)

    def _revived(self, revival: reviving.Revival, path: str) -> None:
        counted = [rule.read(each, path, self._tables) for each in revival.counted]
        for each in counted:
            reviving.refuse_what_never_holds(each.tree, revival.place)
        correlation = correlation_rule.read(revival.correlation, path)
        self._claim(correlation.header)
        self._correlations[correlation.key] = correlation
        for each in counted:
            self._admit(each)
        next_step = "The rule is loaded; write it as a correlation rule to decide that yourself."
        self._remark(correlation.header, revival.place, revival.reading, next_step)

    def _admit(self, read: Rule) -> None:
        try:
            self._claim(read.header)
        except RuleRejected as error:
            problem = error.problem(path=read.header.path, rule=read.header.id or read.header.title)
            self._problems.append(problem)
            return
        self._rules[read.key] = read
        for place, reason in read.remarks:
            self._remark(
                read.header, place, reason, NEXT_STEPS.get(reason, "The rule is loaded all the same.")
            )

    def _filter(self, found: Filter) -> None:
        self._filters.append(found)
        for place, reason in found.remarks:
            self._remark(
                found.header, place, reason, NEXT_STEPS.get(reason, "The filter is used all the same.")
            )

    def _remark(self, head: Header, place: Place, reason: str, next_step: str) -> None:
        remark = RuleRejected(place, reason, next_step=next_step)
        self._remarks.append(remark.problem(path=head.path, rule=head.label))

    def _remark_missing_levels(self, correlations: Iterable[Correlation]) -> None:
        """Remark alerts that would have no severity; a rule that only feeds correlations needs none."""
        referred = {word for each in correlations if not each.generate for word in resolving.references(each)}
        rules, counted = self._rules.values(), self._correlations.values()
        for head in (*(each.header for each in rules), *(each.header for each in counted)):
            if not head.level and not words(head) & referred:
                self._remark(
                    head,
                    head.place,
                    "The rule has no `level`, so its alerts have no severity and call nobody.",
                    f"Add a `level:` of {', '.join(LEVELS)}.",
                )

    def _claim(self, head: Header) -> None:
        taken = sorted(self._words & words(head))
        if taken:
            raise RuleRejected(
                head.place,
                f"The id or name `{taken[0]}` is already used by another rule.",
                next_step="Give each rule an id and a name of its own.",
            )
        self._words |= words(head)

    def finished(self) -> RuleSet:
        """Return the rule set; correlations and filters whose rules are missing become problems."""
        rules = self._filtered()
        found = resolving.resolve(rules, tuple(self._correlations.values()), self._tables)
        self._problems.extend(found.problems)
        self._remark_missing_levels(found.correlations)
        return RuleSet(
            rules=rules,
            correlations=found.correlations,
            problems=tuple(self._problems),
            remarks=tuple(self._remarks),
            tables=self._tables,
        )

    def _filtered(self) -> tuple[Rule, ...]:
        if not self._filters:
            return tuple(self._rules.values())
        named = {word: each for each in self._rules.values() for word in words(each.header)}
        counted = [word for each in self._correlations.values() for word in words(each.header)]
        sound = []
        for each in self._filters:
            wrong = filters.misdirected(each, named, counted)
            if wrong is None:
                sound.append(each)
            else:
                self._problems.append(wrong.problem(path=each.header.path, rule=each.header.label))
        return tuple(filters.applied(each, words(each.header), sound) for each in self._rules.values())
