"""Load Sigma files into one rule set; a broken rule is a problem with line and column, never a stop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tocsin.detection.problems import Place, RuleProblem, RuleRejected
from tocsin.detection.sigma import correlation_rule, rule
from tocsin.detection.sigma.correlation_rule import Correlation
from tocsin.detection.sigma.document import Leaf, Node, Table, documents
from tocsin.detection.sigma.header import LEVELS, Header
from tocsin.detection.sigma.rule import Rule, fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Every rule that could be loaded, and why the others could not.

    `remarks` are places in loaded rules that deserve a second look. Every name in a correlation's `rules`
    resolves through `by_reference`.
    """

    rules: tuple[Rule, ...]
    correlations: tuple[Correlation, ...]
    problems: tuple[RuleProblem, ...]
    remarks: tuple[RuleProblem, ...]

    def by_reference(self) -> dict[str, Rule]:
        """Return the rules by every word that a correlation may use for them: name and id."""
        return {word: each for each in self.rules for word in _words(each.header)}


def load(files: Iterable[tuple[str, str | RuleProblem]]) -> RuleSet:
    """Load rule files, given as pairs of path and text (or why there is no text), in their order.

    A file may hold several documents; an `action: global` document gives its keys to the ones behind it.
    What is not supported becomes a problem of that rule alone; nothing is raised.
    """
    loading = _Loading()
    for path, text in files:
        if isinstance(text, RuleProblem):
            loading.unread(text)
        else:
            loading.file(path, text)
    return loading.finished()


class _Loading:
    """What has been loaded so far."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self._correlations: dict[str, Correlation] = {}
        self._words: set[str] = set()
        self._problems: list[RuleProblem] = []
        self._remarks: list[RuleProblem] = []

    def unread(self, problem: RuleProblem) -> None:
        self._problems.append(problem)

    def file(self, path: str, text: str) -> None:
        shared: Table | None = None
        try:
            for document in documents(text):
                shared = self._document(path, document, shared)
        except RuleRejected as error:
            self._problems.append(error.problem(path=path, rule=""))

    def _document(self, path: str, document: Node, shared: Table | None) -> Table | None:
        """Take one document; return what is shared with the documents behind it."""
        if isinstance(document, Leaf) and document.value is None:
            return shared
        try:
            table = _as_table(document)
            action = _action(table)
            if action == "reset":
                return None
            if action == "global":
                return _without_action(table)
            self._rule(_merged(shared, table) if shared else table, path)
        except RuleRejected as error:
            self._problems.append(error.problem(path=path, rule=_named(document)))
        return shared

    def _rule(self, table: Table, path: str) -> None:
        if (filtering := table.key("filter")) is not None:
            raise RuleRejected(
                filtering.place,
                "Sigma filters are not supported yet by this version.",
                next_step="Write the exception into the rule itself as `and not filter`.",
            )
        if table.get("correlation") is not None:
            correlation = correlation_rule.read(table, path)
            self._claim(correlation.header)
            self._correlations[correlation.key] = correlation
            return
        read = rule.read(table, path)
        self._claim(read.header)
        self._rules[read.key] = read
        for place, reason in read.remarks:
            self._remark(read.header, place, reason, "The rule is loaded; consider two values in an OR.")

    def _remark(self, head: Header, place: Place, reason: str, next_step: str) -> None:
        remark = RuleRejected(place, reason, next_step=next_step)
        self._remarks.append(remark.problem(path=head.path, rule=head.label))

    def _remark_missing_levels(self, correlations: Iterable[Correlation]) -> None:
        """Remark alerts that would have no severity; a rule that only feeds correlations needs none."""
        named = {word for each in correlations if not each.generate for word in each.rules}
        rules, counted = self._rules.values(), self._correlations.values()
        for head in (*(each.header for each in rules), *(each.header for each in counted)):
            if not head.level and not _words(head) & named:
                self._remark(
                    head,
                    head.place,
                    "The rule has no `level`, so its alerts have no severity and call nobody.",
                    f"Add a `level:` of {', '.join(LEVELS)}.",
                )

    def _claim(self, head: Header) -> None:
        taken = sorted(self._words & _words(head))
        if taken:
            raise RuleRejected(
                head.place,
                f"The id or name `{taken[0]}` is already used by another rule.",
                next_step="Give each rule an id and a name of its own.",
            )
        self._words |= _words(head)

    def finished(self) -> RuleSet:
        """Return the rule set; correlations whose rules are missing become problems."""
        unresolved = RuleSet(rules=tuple(self._rules.values()), correlations=(), problems=(), remarks=())
        known = unresolved.by_reference()
        chained = {word for each in self._correlations.values() for word in _words(each.header)}
        resolved = []
        for correlation in self._correlations.values():
            try:
                resolved.append(_resolved(correlation, known, chained))
            except RuleRejected as error:
                head = correlation.header
                self._problems.append(error.problem(path=head.path, rule=head.label))
        self._remark_missing_levels(resolved)
        return RuleSet(
            rules=unresolved.rules,
            correlations=tuple(resolved),
            problems=tuple(self._problems),
            remarks=tuple(self._remarks),
        )


def _words(head: Header) -> set[str]:
    # A rule without id and name is known by its title, so that its alerts and its state have an owner.
    return {word for word in (head.id, head.name) if word} or {head.title}


def _resolved(correlation: Correlation, known: dict[str, Rule], chained: set[str]) -> Correlation:
    for word in correlation.rules:
        if word in chained:
            raise RuleRejected(
                correlation.rules_place,
                f"`{word}` is itself a correlation; chains are not supported yet by this version.",
                next_step="Name detection rules only.",
            )
        if word not in known:
            raise RuleRejected(
                correlation.rules_place,
                f"The correlation names the rule `{word}`, which is not loaded.",
                next_step="Load the rule of that name or id beside it, or correct the name.",
            )
    return replace(
        correlation, key=fingerprint(correlation.key, [known[word].key for word in correlation.rules])
    )


def _as_table(document: Node) -> Table:
    if isinstance(document, Table):
        return document
    raise RuleRejected(
        document.place,
        "The document is not a map.",
        next_step="A Sigma rule begins with keys such as `title:`.",
    )


def _action(table: Table) -> str:
    node = table.get("action")
    if node is None:
        return ""
    if isinstance(node, Leaf) and node.value in ("global", "reset"):
        return str(node.value)
    raise RuleRejected(
        node.place,
        "This `action` is not supported.",
        next_step="Use `action: global`, or one document a rule.",
    )


def _without_action(table: Table) -> Table:
    return Table(tuple((key, node) for key, node in table.entries if key.value != "action"), table.place)


def _merged(shared: Table, own: Table) -> Table:
    """Return the shared keys overlaid by the rule's own; maps are joined key by key."""
    entries: list[tuple[Leaf, Node]] = []
    for key, node in shared.entries:
        mine = own.get(str(key.value))
        if isinstance(node, Table) and isinstance(mine, Table):
            entries.append((key, _merged(node, mine)))
        else:
            entries.append((key, node if mine is None else mine))
    entries.extend((key, node) for key, node in own.entries if shared.key(str(key.value)) is None)
    return Table(tuple(entries), own.place)


def _named(document: Node) -> str:
    for key in ("id", "title") if isinstance(document, Table) else ():
        node = document.get(key) if isinstance(document, Table) else None
        if isinstance(node, Leaf) and isinstance(node.value, str):
            return node.value
    return ""
