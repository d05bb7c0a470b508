"""The text of a rule file: what a scalar was before YAML read it, and where a character of it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.detection.problems import Place
from tocsin.detection.sigma.document import Leaf

_PLAIN_SCALAR = re.compile(r"[^\s,\]}#]+")
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule file as it was written."""

    text: str

    def raw(self, leaf: Leaf) -> str:
        """Return a scalar as text: `1.50`, `yes` and `0x1F` stay as their author wrote them."""
        if isinstance(leaf.value, str):
            return leaf.value
        if leaf.value is None:
            return ""
        found = _PLAIN_SCALAR.match(self._line(leaf.place.line), leaf.place.column - 1)
        return found.group() if found else str(leaf.value)

    def place_in(self, leaf: Leaf, offset: int) -> Place:
        """Return where the character at `offset` of a scalar stands.

        Exact for what stands on one line and for `|` blocks; of text that YAML folded or unescaped it is the
        place where the text begins.
        """
        line, column = leaf.place.line, leaf.place.column
        head = self._line(line)[column - 1 :]
        if _BLOCK_HEAD.match(head):
            return self._place_in_block(leaf, offset)
        value = str(leaf.value)
        if head.startswith(value):
            return Place(line, column + offset)
        if head[:1] in ("'", '"') and head[1:].startswith(value):
            return Place(line, column + 1 + offset)
        return leaf.place

    def _place_in_block(self, leaf: Leaf, offset: int) -> Place:
        before = str(leaf.value)[:offset]
        lines = self.text.splitlines()[leaf.place.line :]
        blank = next((index for index, line in enumerate(lines) if line.strip()), 0)
        indent = len(lines[blank]) - len(lines[blank].lstrip(" "))
        first = leaf.place.line + 1
        if self._line(leaf.place.line)[leaf.place.column - 1] == ">":
            return Place(first + blank, 1 + indent)
        return Place(first + before.count("\n"), indent + len(before) - before.rfind("\n"))

    def _line(self, number: int) -> str:
        """Return a line by its number from 1."""
        return self.text.splitlines()[number - 1]
