"""Write rules down as octets and read them back, since to read their YAML again costs ten times more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import re2  # type: ignore[import-untyped]

from tocsin.detection.problems import Place
from tocsin.detection.sigma.extension import PLAIN, Emit, Extensions
from tocsin.detection.sigma.header import Header
from tocsin.detection.sigma.logsource import LogSource
from tocsin.detection.sigma.predicates import FIELD_TESTS, OF_TIME, TIME_PARTS, Op, Predicate, test_of
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import All, Any_, Members, Not, Quantifier, Tree

# No tree that was read from a rule is larger or deeper; octets could describe trees beyond all memory.
MOST_NODES = 1_000_000
DEEPEST = 200

_UNTESTED = frozenset({Op.NULL, Op.EXISTS, Op.FIELD})


class StoredRulesUnreadable(Exception):
    """The octets hold no rules of this engine; they are of no use and may be thrown away."""


class _Node(msgspec.Struct, array_like=True):
    """A node of a tree. Its branches are numbers of nodes that stand before it."""

    kind: Literal["?", "&", "|", "!", "*"]
    branches: tuple[int, ...] = ()
    field: str | None = None
    op: Op = Op.EQUALS
    value: str | int | float | bool | None = None
    cased: bool = False
    detail: str = ""
    quantifier: Quantifier = Quantifier.ANY
    position: int = 0


class _Rule(msgspec.Struct, array_like=True):
    header: Header
    key: str
    logsource: LogSource
    tree: int
    remarks: tuple[tuple[Place, str], ...]
    emit: Emit
    evidence_max: int
    selections: tuple[tuple[str, int], ...]


class _All(msgspec.Struct, array_like=True):
    nodes: list[_Node]
    files: list[tuple[str, list[_Rule]]]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_All)


def encoded(files: Mapping[str, tuple[Rule, ...]]) -> bytes:
    """Return rules by the digest of their file as octets; they must not use tables or calendars."""
    forest = _Forest()
    stored = [(digest, [_stored(rule, forest) for rule in rules]) for digest, rules in files.items()]
    return _ENCODER.encode(_All(forest.nodes, stored))


def decoded(octets: bytes) -> dict[str, tuple[Rule, ...]]:
    """Return rules by the digest of their file. Raises StoredRulesUnreadable, whatever the octets are."""
    try:
        found = _DECODER.decode(octets)
        _refuse_monsters(found.nodes)
        trees: list[Tree] = []
        for node in found.nodes:
            trees.append(_tree(node, trees))
        return {digest: tuple(_rule(rule, trees) for rule in rules) for digest, rules in found.files}
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, re2.error) as error:
        raise StoredRulesUnreadable(str(error)) from error


class _Forest:
    """The nodes of all trees, equal predicates once, branches before what they belong to."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = []
        self._predicates: dict[Predicate, int] = {}

    def plant(self, tree: Tree) -> int:
        """Return the number of a tree's node."""
        match tree:
            case Predicate():
                return self._predicate(tree)
            case All():
                return self._add(_Node("&", tuple(self.plant(branch) for branch in tree.branches)))
            case Any_():
                return self._add(_Node("|", tuple(self.plant(branch) for branch in tree.branches)))
            case Not():
                return self._add(_Node("!", (self.plant(tree.branch),)))
        inner = (self.plant(tree.branch),)
        return self._add(_Node("*", inner, tree.field, quantifier=tree.quantifier, position=tree.position))

    def _add(self, node: _Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _predicate(self, each: Predicate) -> int:
        number = self._predicates.get(each)
        if number is None:
            node = _Node("?", (), each.field, each.op, each.value, each.cased, each.detail)
            number = self._predicates[each] = self._add(node)
        return number


def _stored(rule: Rule, forest: _Forest) -> _Rule:
    return _Rule(
        header=rule.header,
        key=rule.key,
        logsource=rule.logsource,
        tree=forest.plant(rule.tree),
        remarks=rule.remarks,
        emit=rule.extensions.emit,
        evidence_max=rule.extensions.evidence_max,
        selections=tuple((name, forest.plant(tree)) for name, tree in rule.selections),
    )


def _refuse_monsters(nodes: Sequence[_Node]) -> None:
    """Raise ValueError for trees that no rule could have."""
    sizes: list[int] = []
    depths: list[int] = []
    for place, node in enumerate(nodes):
        if not node.branches:
            sizes.append(1)
            depths.append(1)
            continue
        if min(node.branches) < 0 or max(node.branches) >= place:
            raise ValueError(node.branches)
        sizes.append(1 + sum([sizes[number] for number in node.branches]))
        depths.append(1 + max([depths[number] for number in node.branches]))
        if sizes[-1] > MOST_NODES or depths[-1] > DEEPEST:
            raise ValueError(place)


def _tree(node: _Node, before: Sequence[Tree]) -> Tree:
    if node.kind == "?":
        return _predicate(node)
    branches = tuple([before[number] for number in node.branches])
    if node.kind == "&":
        return All(branches)
    if node.kind == "|":
        return Any_(branches)
    (branch,) = branches
    if node.kind == "!":
        return Not(branch)
    return Members(str(node.field), node.quantifier, branch, node.position)


def _predicate(node: _Node) -> Predicate:
    """Return a predicate that can be compiled later; one that cannot is refused now."""
    found = Predicate(node.field, node.op, node.value, node.cased, node.detail)
    if node.op in OF_TIME or (node.op is Op.FIELD and node.detail not in FIELD_TESTS):
        raise ValueError(node.op)
    if node.op is Op.TIME and node.detail.partition(" ")[0] not in TIME_PARTS:
        raise ValueError(node.detail)
    if node.op not in _UNTESTED:
        test_of(found)
    return found


def _rule(stored: _Rule, trees: Sequence[Tree]) -> Rule:
    return Rule(
        header=stored.header,
        key=stored.key,
        logsource=stored.logsource,
        tree=trees[stored.tree],
        remarks=stored.remarks,
        extensions=_extensions(stored.emit, stored.evidence_max),
        selections=tuple((name, trees[number]) for name, number in stored.selections),
    )


def _extensions(emit: Emit, evidence_max: int) -> Extensions:
    plain = emit is PLAIN.emit and evidence_max == PLAIN.evidence_max
    return PLAIN if plain else Extensions(emit=emit, evidence_max=evidence_max)
