"""Sigma's strings: escapes and wildcards (S2, S3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Wild(Enum):
    """A wildcard: any run of characters, or exactly one."""

    ANY = "*"
    ONE = "?"


Part = str | Wild

_SPECIAL = re.compile(r"[\\*?]")


@dataclass(frozen=True, slots=True)
class Text:
    """A string value of a rule, split into literal runs and wildcards.

    `cased` asks for a case-sensitive comparison. `padded` says that the text is base64 whose `=` padding
    depends on what follows it in the log.
    """

    parts: tuple[Part, ...]
    cased: bool = False
    padded: bool = False

    @property
    def literal(self) -> str | None:
        """Return the text if it holds no wildcard, else None."""
        if any(isinstance(part, Wild) for part in self.parts):
            return None
        return "".join(str(part) for part in self.parts)

    def open_start(self) -> Text:
        """Return the same text with anything before it."""
        if self.parts[:1] == (Wild.ANY,):
            return self
        return Text((Wild.ANY, *self.parts), self.cased, self.padded)

    def open_end(self) -> Text:
        """Return the same text with anything after it."""
        if self.parts[-1:] == (Wild.ANY,):
            return self
        return Text((*self.parts, Wild.ANY), self.cased, self.padded)

    def mapped(self, change: Callable[[str], tuple[str, ...]]) -> tuple[Text, ...]:
        """Return every text that arises when each literal run is replaced by each of its variants."""
        variants: list[tuple[Part, ...]] = [()]
        for part in self.parts:
            choices: tuple[Part, ...] = change(part) if isinstance(part, str) else (part,)
            variants = [(*head, choice) for head in variants for choice in choices]
        return tuple(Text(parts, self.cased, self.padded) for parts in variants)


def literal(text: str) -> Text:
    """Return a text without wildcards, whatever characters it holds."""
    return Text((text,) if text else ())


def parse(text: str) -> Text:
    r"""Read a Sigma string: `\*`, `\?` and `\\` are literal, any other backslash stands for itself (S3)."""
    if not _SPECIAL.search(text):
        return literal(text)
    parts: list[Part] = []
    run: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and text[position + 1 : position + 2] in ("*", "?", "\\"):
            position += 1
            run.append(text[position])
        elif character in "*?":
            _close(parts, run)
            parts.append(Wild(character))
        else:
            run.append(character)
        position += 1
    _close(parts, run)
    return Text(tuple(parts))


def _close(parts: list[Part], run: list[str]) -> None:
    if run:
        parts.append("".join(run))
        run.clear()
