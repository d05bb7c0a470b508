"""Read the YAML of an `alertmanager.yml` as Alertmanager does: words of YAML 1.1, anchors and merges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from tocsin.domain.pack_file import MAX_CHARACTERS, Located, PackProblem

MAX_VALUES = 200_000
"""How many values a file may hold once every alias is written out; nested aliases multiply."""

_STANDARD = "tag:yaml.org,2002:"
_TAGS = frozenset(
    _STANDARD + name
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "value", "merge")
)
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0[xX][0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def read_document(text: str, path: str) -> Located:
    """Read one document of at most `MAX_CHARACTERS`.

    Anchors, aliases and `<<` merges are followed; what they make of the file is bounded by `MAX_VALUES`.
    A boolean's text becomes `true` or `false`. Raises `PackProblem`.
    """
    start = Located(path=path, line=1, column=1, kind="null")
    if len(text) > MAX_CHARACTERS:
        raise start.problem(
            f"the file has {len(text)} characters, more than {MAX_CHARACTERS}.", "Split it, or shorten it."
        )
    try:
        node = _composed(text)
        return start if node is None else _Reader(path).read(node)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PackProblem(
            f"this is not YAML: {error.problem or error.context}.",
            next_step="Correct the line; indentation by spaces and closed quotes are the usual causes.",
            path=path,
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else 1,
        ) from error
    except (YAMLError, RecursionError) as error:
        raise start.problem(
            "the file holds a character YAML forbids, or is nested too deeply.",
            "Save it as UTF-8 text without control characters, and keep it flat.",
        ) from error


def _composed(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    # An anchor may be set anew; the later one counts, as for every reader of YAML.
    yaml.composer.warn_double_anchors = False
    node: Node | None = yaml.compose(text)
    return node


class _Reader:
    """Turns nodes into located values; what several aliases name is read once and shared."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._done: dict[int, tuple[Located, int]] = {}
        self._open: set[int] = set()

    def read(self, node: Node) -> Located:
        return self._sized(node)[0]

    def _sized(self, node: Node) -> tuple[Located, int]:
        """Return the value and how many values it holds with every alias written out."""
        if id(node) in self._done:
            return self._done[id(node)]
        place = self._place(node)
        if id(node) in self._open:
            raise PackProblem("this value contains itself.", next_step="Write the value out.", **place)
        if node.tag not in _TAGS:
            raise PackProblem(f"the tag `{node.tag}` is not known.", next_step="Remove the tag.", **place)
        self._open.add(id(node))
        read, size = self._value(node, place)
        self._open.discard(id(node))
        if size > MAX_VALUES:
            raise PackProblem(
                f"with its aliases written out, this holds more than {MAX_VALUES} values.",
                next_step="Use fewer aliases.",
                **place,
            )
        self._done[id(node)] = read, size
        return read, size

    def _value(self, node: Node, place: Mapping[str, Any]) -> tuple[Located, int]:
        if isinstance(node, ScalarNode):
            kind, text = _scalar(node)
            return Located(kind=kind, text=text, **place), 1
        if isinstance(node, MappingNode):
            pairs, size = self._pairs(node)
            return Located(kind="map", pairs=pairs, **place), size
        members = [self._sized(child) for child in node.value]
        size = 1 + sum(each for _, each in members)
        return Located(kind="seq", members=tuple(each for each, _ in members), **place), size

    def _pairs(self, node: MappingNode) -> tuple[tuple[tuple[Located, Located], ...], int]:
        own: dict[str, tuple[Located, Located]] = {}
        merged: dict[str, tuple[Located, Located]] = {}
        size = 1
        for key_node, value_node in node.value:
            (key, _), (value, held) = self._sized(key_node), self._sized(value_node)
            size += held
            if isinstance(key_node, ScalarNode) and key_node.style is None and key.text == "<<":
                for each in _merged(value):
                    merged.setdefault(each[0].text, each)
                continue
            if key.kind in ("map", "seq"):
                raise key.problem("a key must be a text.", "Write `key: value`.")
            if key.text in own:
                raise key.problem(f"the key `{key.text}` stands here twice.", "Keep one of the two.")
            own[key.text] = key, value
        return tuple({**merged, **own}.values()), size

    def _place(self, node: Node) -> dict[str, Any]:
        return {
            "path": self._path,
            "line": node.start_mark.line + 1,
            "column": node.start_mark.column + 1,
        }


def _merged(value: Located) -> tuple[tuple[Located, Located], ...]:
    """Return the pairs that `<<` brings in: those of a mapping, or of a list of mappings, the first wins."""
    sources = value.members if value.kind == "seq" else (value,)
    for source in sources:
        if source.kind != "map":
            raise source.problem(
                "`<<` takes a mapping or a list of mappings.", "Name an anchor of a mapping."
            )
    return tuple(pair for source in sources for pair in source.pairs)


def _scalar(node: ScalarNode) -> tuple[str, str]:
    """Return kind and text of a scalar by the words of YAML 1.1 as Go's reader knows them."""
    text = str(node.value)
    if node.style is not None:
        return "str", text
    if text in _NULLS:
        return "null", text
    if text in _TRUE or text in _FALSE:
        return "bool", text
    if _INTEGER.fullmatch(text):
        return "int", text
    return ("float" if _FLOAT.fullmatch(text) else "str"), text
