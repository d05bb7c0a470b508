"""One Sigma detection rule: from its document to a log source and a tree of predicates (S4, S5, S13-S18)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import orjson

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import condition, extension_reader, modifiers
from tocsin.detection.sigma.document import Leaf, Node, Plain, Series, Table, plain
from tocsin.detection.sigma.extension import PLAIN, Extensions
from tocsin.detection.sigma.header import Header, header, table_of, text_of
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.sigma.modifiers import (
    Bound,
    Chain,
    DatePart,
    ModifierMisused,
    Network,
    OtherField,
    Pattern,
    Presence,
    Value,
)
from tocsin.detection.sigma.predicates import Op, Predicate, from_text
from tocsin.detection.sigma.tree import All, Any_, Not, Tree
from tocsin.detection.sigma.values import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A detection rule ready to be compiled.

    `key` is a digest of what the rule means (identity, log source, detection), so stored state survives a new
    description. `remarks` are places that deserve a second look. Of its `extensions` a detection rule has
    `lookups`, `emit` and `evidence_max`. `selections` are the trees of the named selections.
    """

    header: Header
    key: str
    logsource: LogSource
    tree: Tree
    remarks: tuple[tuple[Place, str], ...] = ()
    extensions: Extensions = PLAIN
    selections: tuple[tuple[str, Tree], ...] = ()


def fingerprint(*meaning: object) -> str:
    """Return a short digest of plain values."""
    return sha256(orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def read(table: Table, path: str) -> Rule:
    """Read a detection rule. Raises RuleRejected at the place of the first fault."""
    head = header(table, path)
    extensions = extension_reader.of_rule(table)
    source = table_of(table, "logsource")
    detection = table_of(table, "detection")
    named = LogSource(**{part: text_of(source, part).lower() for part in ("product", "service", "category")})
    reader = _Detection()
    tree = reader.tree(detection)
    return Rule(
        header=head,
        key=fingerprint(head.label, plain(source), plain(detection)),
        logsource=named,
        tree=tree,
        remarks=tuple(reader.remarks),
        extensions=extensions,
        selections=tuple(reader.selections.items()),
    )


class _Detection:
    """One walk over a `detection` section."""

    def __init__(self) -> None:
        self.remarks: list[tuple[Place, str]] = []
        self.selections: dict[str, Tree] = {}

    def tree(self, table: Table) -> Tree:
        node = table.get("condition")
        if node is None:
            raise RuleRejected(
                table.place,
                "`detection` has no `condition`.",
                next_step="Add `condition:` and name the selections.",
            )
        if (timeframe := table.key("timeframe")) is not None:
            raise RuleRejected(
                timeframe.place,
                "`timeframe` is no longer part of a Sigma rule.",
                next_step="Write a correlation rule with a `timespan`.",
            )
        self.selections = {
            str(name.value): self.selection(value)
            for name, value in table.entries
            if name.value != "condition"
        }
        written = node.members if isinstance(node, Series) else (node,)
        trees = tuple(_condition(each, self.selections) for each in written)
        if not trees:
            raise RuleRejected(node.place, "The list of conditions is empty.", next_step="Name a selection.")
        return trees[0] if len(trees) == 1 else Any_(trees)

    def selection(self, node: Node) -> Tree:
        if isinstance(node, Table):
            return All(tuple(self.field(key, value) for key, value in node.entries))
        if isinstance(node, Leaf):
            return self.keyword(node)
        if not node.members:
            raise RuleRejected(node.place, "The selection is empty.", next_step="Write at least one value.")
        return Any_(tuple(self.selection(member) for member in node.members))

    def keyword(self, node: Leaf) -> Tree:
        return self.value(
            None, Leaf(node.value, node.place), Chain(("contains",), every=False, negated=False)
        )

    def field(self, key: Leaf, node: Node) -> Tree:
        name, *names = str(key.value).split("|")
        try:
            chain = modifiers.chain(tuple(names))
        except ModifierMisused as error:
            raise RuleRejected(key.place, error.reason, next_step=error.next_step) from error
        if not name and not set(chain.changes) & {"re", "contains", "startswith", "endswith"}:
            chain = Chain((*chain.changes, "contains"), every=chain.every, negated=chain.negated)
        branches = self.values(name or None, node, chain)
        joined = All(branches) if chain.every else Any_(branches)
        tree: Tree = branches[0] if len(branches) == 1 else joined
        return Not(tree) if chain.negated else tree

    def values(self, field: str | None, node: Node, chain: Chain) -> tuple[Tree, ...]:
        if isinstance(node, Leaf):
            return (self.value(field, node, chain),)
        if isinstance(node, Table) or not node.members:
            raise RuleRejected(
                node.place,
                "A field takes a value or a list of values.",
                next_step="Write at least one plain value.",
            )
        branches = []
        for member in node.members:
            if not isinstance(member, Leaf):
                raise RuleRejected(
                    member.place,
                    "A list of values holds a list or a map.",
                    next_step="Write plain values only.",
                )
            if member.value is None:
                self.remarks.append(
                    (member.place, "`null` stands in a list of values; Sigma wants it alone.")
                )
            branches.append(self.value(field, member, chain))
        return tuple(branches)

    def value(self, field: str | None, leaf: Leaf, chain: Chain) -> Tree:
        value: Plain = leaf.value
        if field is None and value is None:
            raise RuleRejected(leaf.place, "A keyword is empty.", next_step="Write the text to search for.")
        try:
            found = modifiers.variants(value, chain.changes)
        except ModifierMisused as error:
            raise RuleRejected(leaf.place, error.reason, next_step=error.next_step) from error
        predicates = tuple(_predicate(field, each) for each in found)
        return predicates[0] if len(predicates) == 1 else Any_(predicates)


def _predicate(field: str | None, value: Value) -> Predicate:
    match value:
        case Text():
            return from_text(field, value)
        case Pattern():
            return Predicate(field, Op.REGEX, value.full)
        case Network():
            return Predicate(field, Op.CIDR, value.cidr)
        case Bound():
            return Predicate(field, Op(value.op), value.number)
        case DatePart():
            return Predicate(field, Op.TIME, value.number, detail=f"{value.part} {value.op}")
        case Presence():
            return Predicate(field, Op.EXISTS, value.wanted)
        case OtherField():
            return Predicate(field, Op.FIELD, value.name, detail=value.where)
        case int() | float():
            return Predicate(field, Op.NUMBER, value)
        case _:
            return Predicate(field, Op.NULL, None)


def _condition(node: Node, selections: dict[str, Tree]) -> Tree:
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        raise RuleRejected(
            node.place, "A condition must be text.", next_step="Write selections joined by operators."
        )
    try:
        return condition.parse(node.value, selections)
    except condition.ConditionWrong as error:
        place = Place(node.place.line, node.place.column + error.offset)
        raise RuleRejected(place, error.reason, next_step=error.next_step) from error
