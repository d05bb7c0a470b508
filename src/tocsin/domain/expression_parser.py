"""Reads the small expressions of runbooks and evidence rules: comparisons of names and values, no calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from tocsin.domain.errors import Explained
from tocsin.domain.expression_tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Expression,
    Listed,
    Literal,
    Name,
    Negation,
)

LONGEST_EXPRESSION = 500
DEEPEST = 20
"""Characters of one expression, and how many brackets and `not` may stand inside each other."""

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<string>'[^']*'|\"[^\"]*\")"
    r"|(?P<duration>(?:\d{1,8}[wdhms])+)(?![A-Za-z0-9_])"
    r"|(?P<number>-?\d{1,15}(?:\.\d{1,15})?)(?![A-Za-z0-9_.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)"
    r"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)"
    r")",
    re.ASCII,
)
LENGTH = re.compile(r"(?:\d{1,8}[wdhms])+", re.ASCII)
"""A length of time as it is written in expressions and arguments."""
_UNIT = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_WORDS = frozenset({"and", "or", "not", "in"})
_FLAGS = {"true": True, "false": False}
_SIGNS = ("==", "!=", "<=", ">=", "<", ">", "in")


class ExpressionWrong(Explained):
    """An expression cannot be understood. `column` counts characters of the expression from 1."""

    code = "expression_wrong"

    def __init__(self, reason: str, column: int) -> None:
        super().__init__(
            f"The expression is wrong at character {column}: {reason}.",
            means="Whatever depends on it is not loaded.",
            next_step="Compare names and values: `pattern.source in ['single-ip'] and not breached`.",
        )
        self.reason = reason
        self.column = column


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


_END = "end"


def parse(text: str) -> Expression:
    """Read one expression of at most `LONGEST_EXPRESSION` characters. Raises `ExpressionWrong`."""
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionWrong(f"it has more than {LONGEST_EXPRESSION} characters", LONGEST_EXPRESSION + 1)
    reading = _Reading(_tokens(text))
    expression = reading.either(0)
    if reading.now.kind != _END:
        raise ExpressionWrong(f"`{reading.now.text}` is not expected here", reading.now.column)
    return expression


def duration_of(text: str) -> timedelta:
    """Read a length of time such as `1h30m`, which is known to be one."""
    return sum(
        (timedelta(**{_UNIT[unit]: int(count)}) for count, unit in re.findall(r"(\d+)([wdhms])", text)),
        timedelta(),
    )


def _tokens(text: str) -> list[_Token]:
    found = []
    at = 0
    while text[at:].strip():
        matched = _TOKEN.match(text, at)
        if matched is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionWrong(_unreadable(text[start]), start + 1)
        kind = str(matched.lastgroup)
        token = matched.group(kind)
        kind = "word" if kind == "name" and token in _WORDS else kind
        found.append(_Token(kind, token, matched.start(matched.lastgroup or 0) + 1))
        at = matched.end()
    return [*found, _Token(_END, "", len(text) + 1)]


def _unreadable(character: str) -> str:
    if character in "'\"":
        return "a text in quotes is not closed"
    return f"`{character}` is not expected here"


class _Reading:
    """Goes through the tokens once, from the left; `or` binds less than `and`, and `and` less than `not`."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._at]

    def either(self, depth: int) -> Expression:
        members = [self._both(depth)]
        while self._takes("or"):
            members.append(self._both(depth))
        return members[0] if len(members) == 1 else Disjunction(tuple(members))

    def _both(self, depth: int) -> Expression:
        members = [self._denied(depth)]
        while self._takes("and"):
            members.append(self._denied(depth))
        return members[0] if len(members) == 1 else Conjunction(tuple(members))

    def _denied(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise ExpressionWrong(f"it is nested more than {DEEPEST} deep", self.now.column)
        if self._takes("not"):
            return Negation(self._denied(depth + 1))
        return self._compared(depth)

    def _compared(self, depth: int) -> Expression:
        left = self._value(depth)
        sign = self._sign()
        return Comparison(sign, left, self._value(depth)) if sign else left

    def _sign(self) -> str:
        if self.now.text == "not" and self._tokens[self._at + 1].text == "in":
            self._at += 2
            return "not in"
        for sign in _SIGNS:
            if self._takes(sign):
                return sign
        return ""

    def _value(self, depth: int) -> Expression:
        token = self.now
        self._at += 1
        match token.kind:
            case "string":
                return Literal(token.text[1:-1])
            case "number":
                return Literal(float(token.text) if "." in token.text else int(token.text))
            case "duration":
                return Literal(duration_of(token.text))
            case "name" if token.text in _FLAGS:
                return Literal(_FLAGS[token.text])
            case "name":
                return Name(tuple(token.text.split(".")))
            case "sign" if token.text == "(":
                return self._bracketed(depth)
            case "sign" if token.text == "[":
                return self._listed(depth)
            case _:
                raise ExpressionWrong(_missing(token), token.column)

    def _bracketed(self, depth: int) -> Expression:
        inner = self.either(depth + 1)
        self._demand(")")
        return inner

    def _listed(self, depth: int) -> Expression:
        members: list[Expression] = []
        if self._takes("]"):
            return Listed(())
        if depth >= DEEPEST:
            raise ExpressionWrong(f"it is nested more than {DEEPEST} deep", self.now.column)
        members.append(self._value(depth + 1))
        while self._takes(","):
            members.append(self._value(depth + 1))
        self._demand("]")
        return Listed(tuple(members))

    def _takes(self, text: str) -> bool:
        if self.now.kind in ("sign", "word") and self.now.text == text:
            self._at += 1
            return True
        return False

    def _demand(self, text: str) -> None:
        if not self._takes(text):
            found = f"`{self.now.text}`" if self.now.text else "the end"
            raise ExpressionWrong(f"`{text}` is expected, found {found}", self.now.column)


def _missing(token: _Token) -> str:
    if token.kind == _END:
        return "a name or a value is missing at the end"
    return f"a name or a value is expected, found `{token.text}`"
