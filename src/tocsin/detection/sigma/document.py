"""Read YAML into a tree that remembers where every value stood, without YAML 1.1's surprises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.tag import Tag

from tocsin.detection.problems import Place, RuleRejected

# Bounds against a hostile pack: aliases can make a small file a huge tree.
DEEPEST = 40
MOST_NODES = 50_000
# Brackets inside text count too, hence far more than DEEPEST.
MOST_BRACKETS = 500

Plain = str | int | float | bool | None

# Only the canonical decimal forms are numbers. `0x1410`, `05` and `1_000` keep their text, because this is
# how logs write them; a YAML 1.1 reader would turn them into 5136, 5 and 1000 and the rule would never match.
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,2})?\Z")
_NUMERIC = frozenset("-0123456789")
_UNTAGGED = Tag(suffix="")
_BRACKET = re.compile(r"[\[\]{}]")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar and where it stood."""

    value: Plain
    place: Place


@dataclass(frozen=True, slots=True)
class Series:
    """A YAML list."""

    members: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A YAML map; keys are text and unique."""

    entries: tuple[tuple[Leaf, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        return next((value for name, value in self.entries if name.value == key), None)

    def key(self, key: str) -> Leaf | None:
        """Return the key itself, for its place, or None."""
        return next((name for name, _ in self.entries if name.value == key), None)


Node = Leaf | Series | Table


def documents(text: str) -> Iterator[Node]:
    """Yield the documents of a YAML stream.

    Raises RuleRejected at the place of a syntax error, a doubled key, or a bound exceeded; documents before
    that place have been yielded by then.
    """
    _refuse_deep_brackets(text)
    composer: _Composer | None = None
    while True:
        try:
            composer = composer or _Composer(text)
            root = composer.get_node() if composer.check_node() else None
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            raise _not_yaml(place, error.problem or "it cannot be parsed") from error
        except (YAMLError, ValueError, RecursionError, AssertionError, NotImplementedError) as error:
            raise _not_yaml(Place(1, 1), type(error).__name__) from error
        if root is None:
            return
        yield _Reader().read(root, 0)


def plain(node: Node) -> Any:
    """Return the tree as ordinary Python values, positions dropped."""
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Series):
        return [plain(member) for member in node.members]
    return {str(name.value): plain(value) for name, value in node.entries}


def _refuse_deep_brackets(text: str) -> None:
    """Refuse brackets that open hundreds deep; the parser would take quadratic time for them."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = depth + 1 if bracket.group() in "[{" else max(0, depth - 1)
        if depth > MOST_BRACKETS:
            line = text.count("\n", 0, bracket.start()) + 1
            column = bracket.start() - text.rfind("\n", 0, bracket.start())
            raise _not_yaml(Place(line, column), f"more than {MOST_BRACKETS} brackets are open")


def _not_yaml(place: Place, reason: str) -> RuleRejected:
    return RuleRejected(
        place,
        f"The file is not valid YAML: {reason}.",
        next_step="Correct this place; indentation and unquoted special characters are the usual causes.",
    )


class _Composer(CParser):  # type: ignore[misc]
    """The C parser of YAML without the search for types, which costs more than all the rest of loading."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        self.resolver = self._composer = self

    def resolve(self, _kind: Any, _value: Any, _implicit: Any) -> Tag:
        """Return the tag of a value that has none; `_scalar` tells types by the text."""
        return _UNTAGGED

    def descend_resolver(self, *_: Any) -> None:
        """Do nothing; there are no types that depend on the path."""

    def ascend_resolver(self, *_: Any) -> None:
        """Do nothing, as above."""


class _Reader:
    """One walk over one composed document, with a budget."""

    def __init__(self) -> None:
        self._left = MOST_NODES

    def read(self, node: Any, depth: int) -> Node:
        place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise RuleRejected(
                place,
                f"The document is nested deeper than {DEEPEST} levels or larger than {MOST_NODES} values.",
                next_step="Write the rule without deep nesting and without aliases that repeat each other.",
            )
        if isinstance(node, ScalarNode):
            return Leaf(_scalar(node), place)
        if isinstance(node, SequenceNode):
            return Series(tuple(self.read(member, depth + 1) for member in node.value), place)
        return self._table(node, place, depth)

    def _table(self, node: MappingNode, place: Place, depth: int) -> Table:
        entries: list[tuple[Leaf, Node]] = []
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key.value in seen:
                raise RuleRejected(
                    key.place,
                    f"The key `{key.value}` stands twice in one map, so one of the two would be lost.",
                    next_step="Put both values under one key, or into two maps of a list.",
                )
            seen.add(str(key.value))
            value = self.read(value_node, depth + 1)
            if isinstance(value, Leaf) and value.value is None:
                # The mark of an empty value lies on the next line; its key is where a person looks.
                value = Leaf(None, key.place)
            entries.append((key, value))
        return Table(tuple(entries), place)

    def _key(self, node: Any) -> Leaf:
        place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        if not isinstance(node, ScalarNode) or node.value == "<<":
            raise RuleRejected(
                place,
                "A key must be plain text; merge keys (`<<`) and complex keys are not part of Sigma.",
                next_step="Write the fields out under a plain key.",
            )
        return Leaf(str(node.value), place)


def _scalar(node: ScalarNode) -> Plain:
    text = str(node.value)
    tagged = node.ctag is not _UNTAGGED
    if node.style not in (None, "") or (tagged and str(node.tag).endswith(":str")):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _WHOLE.match(text):
        return int(text)
    if _FRACTION.match(text):
        return float(text)
    return text
