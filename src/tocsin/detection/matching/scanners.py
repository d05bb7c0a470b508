"""Find which of many patterns a text holds: one small interface, and a scanner in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.detection.sigma.predicates import Op, regex


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to look for: CONTAINS, STARTSWITH or ENDSWITH with a word, LIKE or REGEX with a pattern."""

    op: Op
    text: str


class Scanner(Protocol):
    """Says which patterns a text holds. All implementations give the same answers."""

    def scan(self, text: str) -> Iterable[int]:
        """Return the positions of the patterns found, each once, in any order."""
        ...


class PatternCache(Protocol):
    """Keeps compiled pattern databases between starts. A key names content, version and processor."""

    def load(self, key: str) -> bytes | None:
        """Return what was kept under a key, or None."""
        ...

    def keep(self, key: str, content: bytes) -> None:
        """Keep a database under its key."""
        ...


def holds(pattern: Pattern) -> Callable[[str], bool]:
    """Return the function that says whether a text holds a pattern: the meaning of every scanner."""
    word = pattern.text
    if pattern.op is Op.CONTAINS:
        return lambda text: word in text
    if pattern.op is Op.STARTSWITH:
        return lambda text: text.startswith(word)
    if pattern.op is Op.ENDSWITH:
        return lambda text: text.endswith(word)
    search = regex(word).search
    return lambda text: search(text) is not None


class PlainScanner:
    """Words at the ends by look-up of their lengths, everything else one by one."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._edges: dict[tuple[bool, int], dict[str, list[int]]] = {}
        self._tests: list[tuple[int, Callable[[str], bool]]] = []
        self._words: list[tuple[int, str]] = []
        for position, pattern in enumerate(patterns):
            if pattern.op in (Op.STARTSWITH, Op.ENDSWITH):
                edge = (pattern.op is Op.ENDSWITH, len(pattern.text))
                self._edges.setdefault(edge, {}).setdefault(pattern.text, []).append(position)
            elif pattern.op is Op.CONTAINS:
                self._words.append((position, pattern.text))
            else:
                self._tests.append((position, holds(pattern)))

    def scan(self, text: str) -> list[int]:
        """Return the positions of the patterns found."""
        found = [position for position, word in self._words if word in text]
        found += [position for position, test in self._tests if test(text)]
        for (at_end, length), words in self._edges.items():
            edge = text[max(0, len(text) - length) :] if at_end else text[:length]
            found += words.get(edge, ())
        return found
