"""Makes text from outside safe for a terminal: nothing in it moves the cursor or turns the writing around."""

from __future__ import annotations

import unicodedata

# Controls, lone surrogates, line separators, and format characters such as the ones that reverse direction.
_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp", "Cf"})
# Joins the parts of emoji and of words in several scripts; it moves nothing.
_HARMLESS = frozenset("\u200c\u200d\u00ad")


def visible(text: str) -> str:
    """Return the text with each dangerous character as its escape, for example `\\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _CATEGORIES or character in _HARMLESS:
        return character
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
