"""Cuts an expression into tokens, by the rules of Prometheus' own lexer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tocsin.detection.promql.durations import milliseconds_of
from tocsin.detection.promql.refusals import ExpressionRefused


class Sort(Enum):
    """What a token is."""

    NUMBER = auto()
    DURATION = auto()
    STRING = auto()
    WORD = auto()
    METRIC = auto()
    KEYWORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token: `text` as written (of a string: what it means; of a keyword: lower case), and where."""

    sort: Sort
    text: str
    at: int
    written: str = ""

    def __str__(self) -> str:
        """Return how the token is named to its author."""
        return "the end of the expression" if self.sort is Sort.END else f"`{self.written or self.text}`"


KEYWORDS = frozenset(
    {
        "and",
        "or",
        "unless",
        "atan2",
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "group",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "count_values",
        "quantile",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "start",
        "end",
    }
)

_BLANK = re.compile(r"(?:[ \t\n\r]+|#[^\n\r]*)+")
_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]*(?:\.[0-9a-fA-F]*)?|[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?)(?![a-zA-Z0-9_])"
)
_DURATION = re.compile(r"[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdw]))*(?![a-zA-Z0-9_])")
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SIGN = re.compile(r"==|!=|<=|>=|[-+*/%^<>()\[\]{},@=]")
_SIGN_IN_BRACES = re.compile(r"=~|!~|!=|[=,}]")
_SIMPLE_ESCAPES = {**dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)), "\\": "\\"}
_CODED_ESCAPE = re.compile(r"([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of an expression, the last one END. Raises `ExpressionRefused` at a bad character."""
    return tuple(_Lexer(text).tokens())


class _Lexer:
    """One walk over a text. Inside braces words are labels; inside brackets there are only durations."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._inside = ""

    def tokens(self) -> Iterator[Token]:
        while True:
            if blank := _BLANK.match(self._text, self._at):
                self._at = blank.end()
            if self._at == len(self._text):
                yield Token(Sort.END, "", self._at)
                return
            token = self._next()
            self._follow(token)
            yield token

    def _follow(self, token: Token) -> None:
        """Remember which kind of brackets are open."""
        if token.sort is not Sort.SIGN:
            return
        if token.text in "{[":
            self._inside = token.text
        elif token.text in "}]":
            self._inside = ""

    def _next(self) -> Token:
        char = self._text[self._at]
        if self._inside == "[":
            return self._in_brackets(char)
        if char in "\"'`":
            return self._string(char)
        if self._inside == "{":
            return self._taken(_LABEL, Sort.WORD) or self._taken(_SIGN_IN_BRACES, Sort.SIGN) or self._bad()
        following = self._text[self._at + 1 : self._at + 2]
        if char.isdecimal() or (char == "." and following.isdecimal()):
            return self._taken(_NUMBER, Sort.NUMBER) or self._duration()
        return self._word() or self._taken(_SIGN, Sort.SIGN) or self._bad()

    def _in_brackets(self, char: str) -> Token:
        if char in ":]":
            self._at += 1
            return Token(Sort.SIGN, char, self._at - 1)
        return self._duration()

    def _duration(self) -> Token:
        token = self._taken(_DURATION, Sort.DURATION)
        if token is None:
            raise ExpressionRefused(
                self._at,
                "A duration is expected here.",
                "Write a number and a unit (ms, s, m, h, d, w, y), such as 5m.",
            )
        if not milliseconds_of(token.text):
            raise ExpressionRefused(
                token.at,
                f"`{token.text}` is not a duration above zero.",
                "Write units from long to short, each once, such as 1h30m.",
            )
        return token

    def _taken(self, pattern: re.Pattern[str], sort: Sort) -> Token | None:
        found = pattern.match(self._text, self._at)
        if found is None or not found.group():
            return None
        self._at = found.end()
        return Token(sort, found.group(), found.start())

    def _word(self) -> Token | None:
        found = self._taken(_WORD, Sort.WORD)
        if found is None:
            return None
        lower = found.text.lower()
        if lower in KEYWORDS:
            return Token(Sort.KEYWORD, lower, found.at, written=found.text)
        if lower in ("inf", "nan"):
            return Token(Sort.NUMBER, lower, found.at)
        return Token(Sort.METRIC, found.text, found.at) if ":" in found.text else found

    def _bad(self) -> Token:
        raise ExpressionRefused(
            self._at,
            f"The character {self._text[self._at]!r} cannot stand here.",
            "Remove it, or put text into quotes.",
        )

    def _string(self, quote: str) -> Token:
        start = self._at
        self._at += 1
        pieces = bytearray()
        while (char := self._text[self._at : self._at + 1]) != quote:
            if not char or (char == "\n" and quote != "`"):
                raise ExpressionRefused(start, "This string is not closed.", f"End it with {quote}.")
            self._at += 1
            pieces += self._escape(quote) if char == "\\" and quote != "`" else char.encode()
        self._at += 1
        try:
            meant = pieces.decode()
        except UnicodeDecodeError:
            raise ExpressionRefused(
                start, "The escapes in this string are not UTF-8.", "Write the characters themselves."
            ) from None
        return Token(Sort.STRING, meant, start, written=self._text[start : self._at])

    def _escape(self, quote: str) -> bytes:
        """Read what stands behind a backslash; the escapes are Go's."""
        char = self._text[self._at : self._at + 1]
        if char == quote or char in _SIMPLE_ESCAPES:
            self._at += 1
            return _SIMPLE_ESCAPES.get(char, char).encode()
        if found := _CODED_ESCAPE.match(self._text, self._at):
            octal, byte, short, long = found.groups()
            code = int(octal, 8) if octal else int(byte or short or long, 16)
            is_byte = bool(octal or byte)
            if (is_byte and code < 256) or (not is_byte and code <= 0x10FFFF and not 0xD800 <= code < 0xE000):
                self._at = found.end()
                return bytes([code]) if is_byte else chr(code).encode()
        raise ExpressionRefused(
            self._at - 1,
            "This escape is unknown.",
            "Write a backslash as two, or put the text into backticks.",
        )
