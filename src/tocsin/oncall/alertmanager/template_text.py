"""Take a template's text apart: what is printed as it stands, and the words of each `{{ action }}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

MAX_TEMPLATE = 131_072
"""Characters of one template's text."""

_OPEN = re.compile(r"\{\{(?P<trim>-(?=\s))?")
_CLOSE = re.compile(r"(?P<trim>\s-)?\}\}")
_COMMENT = re.compile(r"\s*/\*.*?\*/(?P<trim>\s+-|\s*)?\}\}", re.DOTALL)
_NAMED = r"(?:\.[^\W\d]\w*)"
_WORD = re.compile(
    rf"""(?P<STRING>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<NUMBER>[-+]?\d+(?:\.\d+)?(?![\w.]))
    |(?P<VARIABLE>\$\w*{_NAMED}*)
    |(?P<FIELD>{_NAMED}+)
    |(?P<DOT>\.)
    |(?P<NAME>[^\W\d]\w*)
    |(?P<CLOSED>\){_NAMED}*)
    |(?P<SIGN>:=|[=|(,])""",
    re.VERBOSE,
)


class TemplateFault(Exception):
    """A template cannot be understood or carried out. `at` is the offset in its text."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class Sort(Enum):
    """What a word of an action is; CLOSED is `)` with the fields that follow it."""

    STRING = auto()
    NUMBER = auto()
    VARIABLE = auto()
    FIELD = auto()
    DOT = auto()
    NAME = auto()
    CLOSED = auto()
    SIGN = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an action."""

    sort: Sort
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A text to print, or (with `words`) an action; comments leave nothing."""

    text: str
    words: tuple[Word, ...] | None
    at: int


def pieces(template: str) -> tuple[Piece, ...]:
    """Take a template apart, white space beside `{{-` and `-}}` removed. Raises `TemplateFault`."""
    if len(template) > MAX_TEMPLATE:
        raise TemplateFault(f"the template is longer than {MAX_TEMPLATE} characters", 0)
    return tuple(piece for piece in _pieces(template) if piece.words is not None or piece.text)


def unquoted(word: Word) -> str:
    """Return what a string in quotes or back-quotes stands for. Raises `TemplateFault`."""
    inner = word.text[1:-1]
    if word.text[0] == "`":
        return inner
    return _ESCAPE.sub(lambda found: _escaped(found, word.at), inner)


def _pieces(template: str) -> Iterator[Piece]:
    start, trims = 0, False
    while (opened := _OPEN.search(template, start)) is not None:
        text = template[start : opened.start()]
        text = text.lstrip() if trims else text
        yield Piece(text.rstrip() if opened["trim"] else text, None, start)
        if (comment := _COMMENT.match(template, opened.end())) is not None:
            start, trims = comment.end(), (comment["trim"] or "").endswith("-")
            continue
        words, closed = _action(template, opened.end())
        yield Piece("", words, opened.start())
        start, trims = closed.end(), closed["trim"] is not None
    text = template[start:]
    yield Piece(text.lstrip() if trims else text, None, start)


def _action(template: str, at: int) -> tuple[tuple[Word, ...], re.Match[str]]:
    words = []
    while (closed := _CLOSE.match(template, at)) is None:
        if at >= len(template):
            raise TemplateFault("an action is not closed by `}}`", at)
        if template[at].isspace():
            at += 1
            continue
        found = _WORD.match(template, at)
        if found is None:
            raise TemplateFault(f"`{template[at]}` cannot stand here", at)
        words.append(Word(Sort[found.lastgroup or ""], found.group(), at))
        at = found.end()
    return tuple(words), closed


_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
}


def _escaped(found: re.Match[str], at: int) -> str:
    code = found[1]
    if code in _SIMPLE:
        return _SIMPLE[code]
    try:
        return chr(int(code[1:], 16) if code[0] in "xuU" else int(code, 8))
    except (ValueError, OverflowError) as error:
        raise TemplateFault(f"`\\{code}` is no escape", at) from error
