"""Read a `detection` section: selections, lists, members of lists, and the condition that joins them."""

from __future__ import annotations

import re

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import condition, modifiers
from tocsin.detection.sigma.document import Leaf, Node, Plain, Series, Table
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
from tocsin.detection.sigma.moments import ALWAYS, Interval, during
from tocsin.detection.sigma.placeholders import Placeholders
from tocsin.detection.sigma.predicates import Op, Predicate, from_text
from tocsin.detection.sigma.tree import All, Any_, Members, Not, Quantifier, Tree
from tocsin.detection.sigma.values import Text

NULL_IN_A_LIST = "`null` stands in a list of values; Sigma wants it alone."

# `list[any]`, `list[-1]`, and what follows; an escaped bracket belongs to the name.
_MEMBERS = re.compile(
    r"((?:[^\[\]\\]|\\.)+)\[(any|all|all_or_empty|none|-?[0-9]{1,6})\](?:\.(.+))?\Z", re.DOTALL
)
_ESCAPED = re.compile(r"\\([\[\]])")


class Selections:
    """One walk over a `detection` section.

    `named` are the trees of its selections, `remarks` the places that deserve a second look.
    """

    def __init__(self, placeholders: Placeholders, *, strip_spaces: bool) -> None:
        self.remarks: list[tuple[Place, str]] = []
        self.named: dict[str, Tree] = {}
        self._placeholders = placeholders
        self._strip_spaces = strip_spaces

    def tree(self, table: Table) -> Tree:
        """Return the tree of a whole section. Raises RuleRejected at the place of the first fault."""
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
        self.named = self._selections(table)
        return _joined(node, self.named)

    def _selections(self, table: Table) -> dict[str, Tree]:
        return {
            str(name.value): self.selection(value)
            for name, value in table.entries
            if name.value != "condition"
        }

    def selection(self, node: Node) -> Tree:
        """Return the tree of one selection: a map is an AND, a list an OR, plain values are keywords (S4)."""
        if isinstance(node, Table):
            return All(tuple(self._field(key, value) for key, value in node.entries))
        if isinstance(node, Leaf):
            return self._value(None, node, Chain(("contains",), every=False, negated=False))
        if not node.members:
            raise RuleRejected(node.place, "The selection is empty.", next_step="Write at least one value.")
        return Any_(tuple(self.selection(member) for member in node.members))

    def _field(self, key: Leaf, node: Node) -> Tree:
        name, *names = str(key.value).split("|")
        try:
            chain = modifiers.chain(tuple(names))
        except ModifierMisused as error:
            raise RuleRejected(key.place, error.reason, next_step=error.next_step) from error
        if not name and not set(chain.changes) & {"re", "contains", "startswith", "endswith"}:
            chain = Chain((*chain.changes, "contains"), every=chain.every, negated=chain.negated)
        if self._strip_spaces:
            # Windows writes `Threat Name` where its own schema says `ThreatName` (S24).
            name = name.replace(" ", "")
        return self._named_field(name, key, node, chain)

    def _named_field(self, name: str, key: Leaf, node: Node, chain: Chain) -> Tree:
        found = _MEMBERS.match(name) if "[" in name else None
        if found is not None:
            outer, quantifier, rest = found.groups()
            inner = self._body(rest, key, node, chain)
            if quantifier in tuple(Quantifier):
                return Members(_unescaped(outer), Quantifier(quantifier), inner)
            return Members(_unescaped(outer), Quantifier.AT, inner, int(quantifier))
        branches = self._values(_unescaped(name) or None, node, chain)
        joined = All(branches) if chain.every else Any_(branches)
        tree: Tree = branches[0] if len(branches) == 1 else joined
        return Not(tree) if chain.negated else tree

    def _body(self, rest: str | None, key: Leaf, node: Node, chain: Chain) -> Tree:
        """Return what a member of a list must fulfil: values, a map, or a whole section with a condition."""
        if rest is not None:
            return self._named_field(rest, key, node, chain)
        block = isinstance(node, Table) or (
            isinstance(node, Series) and any(isinstance(member, Table) for member in node.members)
        )
        if not block:
            return self._named_field(".", key, node, chain)
        if chain.changes or chain.every or chain.negated:
            raise RuleRejected(
                key.place,
                "A block about members of a list takes no modifiers.",
                next_step="Write the modifiers behind the fields inside the block.",
            )
        written = node.get("condition") if isinstance(node, Table) else None
        if isinstance(node, Table) and isinstance(written, Leaf) and _is_section(node):
            return _joined(written, self._selections(node))
        return self.selection(node)

    def _values(self, field: str | None, node: Node, chain: Chain) -> tuple[Tree, ...]:
        if isinstance(node, Leaf):
            return (self._value(field, node, chain),)
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
                self.remarks.append((member.place, NULL_IN_A_LIST))
            branches.append(self._value(field, member, chain))
        return tuple(branches)

    def _value(self, field: str | None, leaf: Leaf, chain: Chain) -> Tree:
        if field is None and leaf.value is None:
            raise RuleRejected(leaf.place, "A keyword is empty.", next_step="Write the text to search for.")
        if "expand" not in chain.changes:
            return _either(_predicates(field, leaf, chain.changes))
        return self._expanded(field, leaf, tuple(name for name in chain.changes if name != "expand"))

    def _expanded(self, field: str | None, leaf: Leaf, changes: tuple[str, ...]) -> Tree:
        """Return the tree of a value with placeholders; rows of the same validity are asked together."""
        found: dict[Interval, list[Predicate]] = {}
        for each in self._placeholders.expand(leaf):
            found.setdefault(each.valid, []).extend(_predicates(field, each.leaf, changes))
        return _either(
            [
                _either(predicates) if valid == ALWAYS else All((during(valid), _either(predicates)))
                for valid, predicates in found.items()
            ]
        )


def _is_section(node: Table) -> bool:
    """Say whether a block has a condition over selections, and no field that happens to have this name."""
    selections = [value for key, value in node.entries if key.value != "condition"]
    return bool(selections) and all(isinstance(value, Table | Series) for value in selections)


def _unescaped(name: str) -> str:
    return _ESCAPED.sub(r"\1", name)


def _either(branches: list[Predicate] | list[Tree]) -> Tree:
    return branches[0] if len(branches) == 1 else Any_(tuple(branches))


def _predicates(field: str | None, leaf: Leaf, changes: tuple[str, ...]) -> list[Predicate]:
    value: Plain = leaf.value
    try:
        return [_predicate(field, each) for each in modifiers.variants(value, changes)]
    except ModifierMisused as error:
        raise RuleRejected(leaf.place, error.reason, next_step=error.next_step) from error


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


def _joined(node: Node, selections: dict[str, Tree]) -> Tree:
    """Return the tree of a condition, or of a list of conditions, which is an OR (S21)."""
    written = node.members if isinstance(node, Series) else (node,)
    trees = tuple(_condition(each, selections) for each in written)
    if not trees:
        raise RuleRejected(node.place, "The list of conditions is empty.", next_step="Name a selection.")
    return trees[0] if len(trees) == 1 else Any_(trees)


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
