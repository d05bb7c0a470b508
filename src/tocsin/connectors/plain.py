"""Text from outside made fit for a message: bounded, without control characters or hidden reordering."""

from __future__ import annotations

import unicodedata

from tocsin.domain.page import Message

CUT = "…"

_KEPT_CONTROLS = "\n\t"

_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that make text read in another order than stored (CVE-2021-42574); right-to-left letters stay."""


def paragraphs(text: str, *, limit: int) -> str:
    """Return the text with its line breaks, at most `limit` characters; a cut shows as an ellipsis."""
    unified = text[: 2 * limit].replace("\r\n", "\n").replace("\r", "\n")
    return _cut(_cleaned(unified).strip(), limit, was_longer=len(text) > 2 * limit)


def one_line(text: str, *, limit: int) -> str:
    """Return the text on one line, at most `limit` characters; a cut shows as an ellipsis."""
    words = _cleaned(" ".join(text[: 2 * limit].split())).split()
    return _cut(" ".join(words), limit, was_longer=len(text) > 2 * limit)


def title_of(message: Message, *, limit: int) -> str:
    """Return a title that is never empty: the subject, else the incident, else our own name."""
    return one_line(message.subject, limit=limit) or one_line(message.incident, limit=limit) or "Tocsin"


def is_web_link(link: str) -> bool:
    """Say whether a link may be shown as one: http or https, printable, without spaces."""
    return link.startswith(("https://", "http://")) and link.isprintable() and " " not in link


def _cut(text: str, limit: int, *, was_longer: bool) -> str:
    return text[: limit - 1] + CUT if was_longer or len(text) > limit else text


def _cleaned(text: str) -> str:
    return "".join(letter for letter in text if _is_shown(letter))


def _is_shown(letter: str) -> bool:
    if letter in _KEPT_CONTROLS:
        return True
    return letter not in _REORDERING and unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
