"""Text from outside: shown as text, capped in weight, its invisible characters made visible."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\t")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    """Return the text with control, format and direction characters written out, as `⟨U+202E⟩`."""
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter in _KEPT or unicodedata.category(letter) not in _HIDDEN:
        return letter
    return f"⟨U+{ord(letter):04X}⟩"


def capped(text: str, limit: int) -> str:
    """Return at most `limit` characters and, when more were there, how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"
