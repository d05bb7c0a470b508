"""Loads Prometheus rule files unchanged; what is outside the subset is a problem with line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tocsin.detection.problems import RuleProblem, RuleRejected
from tocsin.detection.promql.durations import milliseconds_of
from tocsin.detection.promql.labels import LABEL_NAME, METRIC_NAME, NAME
from tocsin.detection.promql.parser import parse
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.detection.promql.rule import AlertingRule, Group, PromRule, RecordingRule
from tocsin.detection.promql.rule_text import RuleText
from tocsin.detection.promql.signatures import Kind
from tocsin.detection.promql.syntax import Expr, kind_of
from tocsin.detection.promql.templates import Template, compiled
from tocsin.detection.promql.twins import twin_group
from tocsin.detection.sigma.document import Leaf, Node, Series, Table, documents

DEFAULT_INTERVAL_MS = 60_000

_FILE_KEYS = frozenset({"groups"})
_GROUP_KEYS = frozenset({"name", "interval", "limit", "rules"})
_RULE_KEYS = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
_NOT_OF_RECORDING = ("annotations", "for", "keep_firing_for")

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroups:
    """Every group that could be loaded, and why some rules could not."""

    groups: tuple[Group, ...]
    problems: tuple[RuleProblem, ...]


def load(
    files: Iterable[tuple[str, str | RuleProblem]], *, default_interval_ms: int = DEFAULT_INTERVAL_MS
) -> RuleGroups:
    """Load rule files, given as pairs of path and text (or why there is no text), in their order.

    A rule that cannot be loaded becomes a problem and leaves the others alone; nothing is raised.
    """
    groups: list[Group] = []
    problems: list[RuleProblem] = []
    for path, text in files:
        if isinstance(text, RuleProblem):
            problems.append(text)
            continue
        loading = _Loading(path, text, default_interval_ms)
        groups.extend(loading.groups())
        problems.extend(loading.problems)
    return RuleGroups(groups=tuple(groups), problems=tuple(problems))


def load_with_twins(files: Iterable[tuple[str, str | RuleProblem]]) -> RuleGroups:
    """Load rule files, and behind each group with alerts over gauges a group of their no-data twins."""
    loaded = load(files)
    groups = [each for group in loaded.groups for each in (group, twin_group(group)) if each is not None]
    return RuleGroups(groups=tuple(groups), problems=loaded.problems)


class _Loading:
    """One file on its way in."""

    def __init__(self, path: str, text: str, default_interval_ms: int) -> None:
        self._path = path
        self._text = RuleText(text)
        self._default_interval_ms = default_interval_ms
        self.problems: list[RuleProblem] = []

    def groups(self) -> list[Group]:
        found = self._try("", self._root)
        groups: list[Group] = []
        names: set[str] = set()
        for node in found or ():
            if (group := self._try("", partial(self._group, node, names))) is not None:
                groups.append(group)
        return groups

    def _try(self, rule: str, read: Callable[[], _Read]) -> _Read | None:
        """Read something; a refusal is written down and gives nothing."""
        try:
            return read()
        except RuleRejected as refused:
            self.problems.append(refused.problem(path=self._path, rule=rule))
            return None

    def _root(self) -> tuple[Node, ...]:
        read = list(documents(self._text.text))
        if not read or (isinstance(read[0], Leaf) and read[0].value is None):
            return ()
        if len(read) > 1:
            raise RuleRejected(
                read[1].place, "A rule file holds one document.", next_step="Put it into a file of its own."
            )
        root = _table(read[0], "A rule file")
        _refuse_unknown(root, _FILE_KEYS, "a rule file")
        groups = root.get("groups")
        return _members(groups, "`groups`") if groups is not None else ()

    def _group(self, node: Node, names: set[str]) -> Group:
        table = _table(node, "A group")
        _refuse_unknown(table, _GROUP_KEYS, "a group")
        name = self._word(table, "name")
        if not name or name in names:
            why = "has no name" if not name else f"`{name}` stands twice in this file"
            raise RuleRejected(
                table.place, f"The group {why}.", next_step="Give each group of a file a name of its own."
            )
        names.add(name)
        rules = table.get("rules")
        read = []
        for each in _members(rules, "`rules`") if rules is not None else ():
            rule = self._try(self._named(each), partial(self._rule, each))
            if rule is not None:
                read.append(rule)
        return Group(
            path=self._path,
            name=name,
            interval_ms=self._duration(table, "interval") or self._default_interval_ms,
            limit=self._limit(table),
            rules=tuple(read),
        )

    def _named(self, node: Node) -> str:
        """Return what to call a rule in a problem, as far as it can be known."""
        if not isinstance(node, Table):
            return ""
        found = node.get("alert") or node.get("record")
        return self._text.raw(found) if isinstance(found, Leaf) else ""

    def _rule(self, node: Node) -> PromRule:
        table = _table(node, "A rule")
        _refuse_unknown(table, _RULE_KEYS, "a rule")
        alert, record = self._word(table, "alert"), self._word(table, "record")
        if bool(alert) == bool(record):
            raise RuleRejected(
                table.place,
                "A rule has either `alert` or `record`.",
                next_step="Keep the one it is; make two rules of it if it is both.",
            )
        expr_text, expr = self._expression(table)
        if record:
            return self._recording(table, record, expr_text, expr)
        return AlertingRule(
            name=alert,
            expr=expr,
            expr_text=expr_text,
            for_ms=self._duration(table, "for"),
            keep_firing_for_ms=self._duration(table, "keep_firing_for"),
            labels=self._templates(table, "labels"),
            annotations=self._templates(table, "annotations"),
            place=table.place,
        )

    def _recording(self, table: Table, name: str, expr_text: str, expr: Expr) -> RecordingRule:
        for key in _NOT_OF_RECORDING:
            if (found := table.key(key)) is not None:
                raise RuleRejected(
                    found.place,
                    f"A recording rule has no `{key}`.",
                    next_step="Remove it, or write an alert.",
                )
        if not METRIC_NAME.match(name):
            raise RuleRejected(
                table.place, f"`{name}` cannot name a metric.", next_step="Use letters, digits, _ and :."
            )
        labels = tuple((key, self._text.raw(leaf)) for key, leaf in self._pairs(table, "labels"))
        return RecordingRule(name=name, expr=expr, expr_text=expr_text, labels=labels, place=table.place)

    def _expression(self, table: Table) -> tuple[str, Expr]:
        leaf = table.get("expr")
        text = self._text.raw(leaf) if isinstance(leaf, Leaf) else ""
        if not isinstance(leaf, Leaf) or not text:
            raise RuleRejected(table.place, "The rule has no `expr`.", next_step="Write its expression.")
        try:
            expr = parse(text)
        except ExpressionRefused as refused:
            raise self._located(leaf, refused) from refused
        if kind_of(expr) not in (Kind.VECTOR, Kind.SCALAR):
            raise RuleRejected(
                self._text.place_in(leaf, 0),
                f"The expression is a {kind_of(expr).value}; a rule needs an instant vector or a scalar.",
                next_step="Put it into a function or an aggregation.",
            )
        return text, expr

    def _located(self, leaf: Leaf, refused: ExpressionRefused) -> RuleRejected:
        place = self._text.place_in(leaf, refused.offset)
        return RuleRejected(place, refused.happened, next_step=refused.next_step)

    def _templates(self, table: Table, key: str) -> tuple[tuple[str, Template], ...]:
        return tuple(sorted((name, self._template(leaf)) for name, leaf in self._pairs(table, key)))

    def _template(self, leaf: Leaf) -> Template:
        try:
            return compiled(self._text.raw(leaf))
        except ExpressionRefused as refused:
            raise self._located(leaf, refused) from refused

    def _pairs(self, table: Table, key: str) -> list[tuple[str, Leaf]]:
        """Return a map of labels or annotations, names checked."""
        node = table.get(key)
        if node is None or (isinstance(node, Leaf) and node.value is None):
            return []
        pairs = []
        for name, value in _table(node, f"`{key}`").entries:
            word = str(name.value)
            if not LABEL_NAME.match(word) or (key == "labels" and word == NAME):
                raise RuleRejected(
                    name.place, f"`{word}` cannot stand in `{key}`.", next_step="Use letters, digits and _."
                )
            if not isinstance(value, Leaf):
                raise RuleRejected(
                    value.place, f"`{word}` must be text.", next_step="Write one text, in quotes."
                )
            pairs.append((word, value))
        return pairs

    def _word(self, table: Table, key: str) -> str:
        leaf = table.get(key)
        return self._text.raw(leaf) if isinstance(leaf, Leaf) else ""

    def _duration(self, table: Table, key: str) -> int:
        """Return a duration in milliseconds, 0 when there is none."""
        node = table.get(key)
        if node is None:
            return 0
        found = milliseconds_of(self._text.raw(node)) if isinstance(node, Leaf) else None
        if found is None:
            raise RuleRejected(
                node.place, f"`{key}` is not a duration.", next_step="Write a number and a unit, such as 5m."
            )
        return found

    def _limit(self, table: Table) -> int:
        node = table.get("limit")
        if node is None:
            return 0
        if not isinstance(node, Leaf) or type(node.value) is not int:
            raise RuleRejected(
                node.place, "`limit` is not a whole number.", next_step="Write a number, or remove it."
            )
        return node.value


def _table(node: Node, what: str) -> Table:
    if not isinstance(node, Table):
        raise RuleRejected(node.place, f"{what} must be a map.", next_step="Write `key: value` lines.")
    return node


def _members(node: Node, what: str) -> tuple[Node, ...]:
    if isinstance(node, Series):
        return node.members
    if isinstance(node, Leaf) and node.value is None:
        return ()
    raise RuleRejected(node.place, f"{what} must be a list.", next_step="Begin each member with a dash.")


def _refuse_unknown(table: Table, known: frozenset[str], what: str) -> None:
    for key, _ in table.entries:
        if key.value not in known:
            raise RuleRejected(
                key.place,
                f"The key `{key.value}` is not part of {what}.",
                next_step=f"Correct it, or remove it; {', '.join(sorted(known))} are known.",
            )
