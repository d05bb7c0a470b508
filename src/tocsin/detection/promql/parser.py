"""Reads an expression: tokens in, a checked tree out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tocsin.detection.promql.checks import (
    checked_aggregate,
    checked_binary,
    checked_call,
    checked_selector,
    checked_subquery,
    checked_unary,
)
from tocsin.detection.promql.durations import milliseconds_of
from tocsin.detection.promql.labels import LABEL_NAME, NAME, PatternRefused, acceptance
from tocsin.detection.promql.lexer import Sort, Token, tokens_of
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.detection.promql.signatures import AGGREGATIONS, NATIVE_HISTOGRAMS, PARAMETERS, SIGNATURES
from tocsin.detection.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Cardinality,
    Expr,
    Matching,
    Number,
    Pinned,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from tocsin.domain.sample import LabelMatcher, MatchOp

DEEPEST = 60
MOST_OPERATORS = 120
"""Brackets inside one another, and operators in all; more is an attack on the stack."""

_UNARY = 5
_POWER = 6
_PRECEDENCE = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), _UNARY),
    "^": _POWER,
}
_NO_METRIC = frozenset({"atan2", "bool", "on", "ignoring", "group_left", "group_right"})
_CARDINALITY = {"group_left": Cardinality.MANY_TO_ONE, "group_right": Cardinality.ONE_TO_MANY}


@dataclass(frozen=True, slots=True)
class _Paren:
    """An expression in brackets, which cannot be given a range or an offset."""

    expr: Expr


def parse(text: str) -> Expr:
    """Return the tree of an expression.

    Raises `ExpressionRefused` with the place, for what is no PromQL and for what is outside the subset.
    """
    return _Parser(tokens_of(text)).whole()


class _Parser:
    """One walk over the tokens: precedence climbing, with the rules of Prometheus' grammar."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0
        self._operators = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _taken(self) -> Token:
        token = self._token
        self._index += 1
        return token

    def _is(self, *texts: str) -> bool:
        return self._token.sort in (Sort.SIGN, Sort.KEYWORD) and self._token.text in texts

    def _skipped(self, text: str) -> bool:
        if self._is(text):
            self._index += 1
            return True
        return False

    def _demand(self, text: str) -> Token:
        if not self._is(text):
            raise self._unexpected(f"`{text}`")
        return self._taken()

    def _sort(self, sort: Sort, name: str) -> Token:
        if self._token.sort is not sort:
            raise self._unexpected(name)
        return self._taken()

    def _unexpected(self, wanted: str) -> ExpressionRefused:
        return ExpressionRefused(self._token.at, f"Here stands {self._token}, but {wanted} is expected.")

    def whole(self) -> Expr:
        expr = self._expr(0)
        if self._token.sort is not Sort.END:
            raise self._unexpected("an operator or the end")
        return expr

    def _expr(self, above: int) -> Expr:
        """Read operators that bind tighter than `above`."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionRefused(
                self._token.at, f"The expression is nested more than {DEEPEST} levels deep.", "Simplify it."
            )
        left = self._prefixed()
        while self._token.sort in (Sort.SIGN, Sort.KEYWORD):
            strength = _PRECEDENCE.get(self._token.text, 0)
            if strength <= above:
                break
            left = self._binary(left, strength)
        self._depth -= 1
        return left

    def _binary(self, left: Expr, strength: int) -> Expr:
        sign = self._taken()
        self._operators += 1
        if self._operators > MOST_OPERATORS:
            raise ExpressionRefused(
                sign.at,
                f"The expression has more than {MOST_OPERATORS} operators.",
                "Record parts of it by rules of their own.",
            )
        returns_bool = self._skipped("bool")
        matching = self._matching()
        # Only `^` groups to the right.
        right = self._expr(strength - 1 if strength == _POWER else strength)
        return checked_binary(Binary(sign.text, left, right, matching, returns_bool, sign.at))

    def _matching(self) -> Matching:
        if not self._is("on", "ignoring"):
            return Matching()
        on = self._taken().text == "on"
        matching = Matching(on, frozenset(self._label_names()))
        if self._is("group_left", "group_right"):
            side = self._taken().text
            include = tuple(self._label_names()) if self._is("(") else ()
            matching = replace(matching, cardinality=_CARDINALITY[side], include=include)
        return matching

    def _label_names(self) -> list[str]:
        """Read `(a, b)`; keywords are label names here, and a last comma is allowed."""
        self._demand("(")
        names: list[str] = []
        while not self._skipped(")"):
            token = self._token
            written = token.written or token.text
            if token.sort not in (Sort.WORD, Sort.METRIC, Sort.KEYWORD) or not LABEL_NAME.match(written):
                raise self._unexpected("a label name")
            names.append(written)
            self._index += 1
            if not self._is(")"):
                self._demand(",")
        return names

    def _prefixed(self) -> Expr:
        if not self._is("+", "-"):
            read = self._postfixed()
            return read.expr if isinstance(read, _Paren) else read
        sign = self._taken()
        inner = self._expr(_UNARY)
        if isinstance(inner, Number):
            return Number(-inner.value if sign.text == "-" else inner.value, sign.at)
        return checked_unary(Unary(sign.text == "-", inner, sign.at))

    def _postfixed(self) -> Expr | _Paren:
        read = self._primary()
        while True:
            if self._is("["):
                read = self._ranged(read)
            elif self._is("offset"):
                read = self._offset(read)
            elif self._is("@"):
                read = self._pinned(read)
            else:
                return read

    def _ranged(self, read: Expr | _Paren) -> Expr:
        bracket = self._taken()
        length = milliseconds_of(self._sort(Sort.DURATION, "a duration").text) or 0
        if self._skipped(":"):
            step = milliseconds_of(self._taken().text) or 0 if self._token.sort is Sort.DURATION else 0
            self._demand("]")
            inner = read.expr if isinstance(read, _Paren) else read
            return checked_subquery(Subquery(inner, length, step, bracket.at))
        self._demand("]")
        if not isinstance(read, Selector):
            raise ExpressionRefused(
                bracket.at,
                "A range can only stand behind the name and labels of a metric.",
                "For any other expression write a subquery, such as [5m:1m].",
            )
        if read.offset_ms or read.pinned:
            raise ExpressionRefused(
                bracket.at, "`offset` and `@` must stand behind the range.", "Write x[5m] offset 1h."
            )
        return Range(read, length, read.at)

    def _offset(self, read: Expr | _Paren) -> Expr:
        word = self._taken()
        sign = -1 if self._skipped("-") else 1
        length = milliseconds_of(self._sort(Sort.DURATION, "a duration").text) or 0
        shifted = _selecting(read, word)
        if (shifted.selector if isinstance(shifted, Range) else shifted).offset_ms:
            raise ExpressionRefused(word.at, "An offset may not be set twice.")
        return _changed(shifted, offset_ms=sign * length)

    def _pinned(self, read: Expr | _Paren) -> Expr:
        sign = self._taken()
        pinned = self._moment()
        return _changed(_selecting(read, sign), pinned=pinned)

    def _moment(self) -> Pinned:
        if self._is("start", "end"):
            self._index += 1
            self._demand("(")
            self._demand(")")
            return Pinned(None)
        is_minus = self._is("-")
        if self._is("+", "-"):
            self._index += 1
        token = self._sort(Sort.NUMBER, "a time in seconds")
        seconds = _number(token)
        if not math.isfinite(seconds) or abs(seconds) >= 2**63 / 1000:
            raise ExpressionRefused(token.at, "This time is out of bounds.")
        return Pinned(_rounded(seconds * (-1000 if is_minus else 1000)))

    def _primary(self) -> Expr | _Paren:
        token = self._token
        if token.sort is Sort.NUMBER:
            return Number(_number(self._taken()), token.at)
        if token.sort is Sort.STRING:
            return Text(self._taken().text, token.at)
        if self._skipped("("):
            inner = self._expr(0)
            self._demand(")")
            return _Paren(inner)
        if self._is("{"):
            return self._selector("", token.at)
        if token.sort is Sort.KEYWORD and token.text in AGGREGATIONS and self._opens_aggregation():
            return self._aggregate()
        if token.sort is Sort.WORD and self._following("("):
            return self._call()
        is_name = token.sort in (Sort.WORD, Sort.METRIC, Sort.KEYWORD) and token.text not in _NO_METRIC
        if not is_name:
            raise self._unexpected("an expression")
        self._index += 1
        return self._selector(token.written or token.text, token.at)

    def _following(self, *texts: str) -> bool:
        return self._tokens[self._index + 1].text in texts

    def _opens_aggregation(self) -> bool:
        return self._following("(", "by", "without")

    def _aggregate(self) -> Expr:
        op = self._taken()
        grouping: tuple[bool, list[str]] | None = None
        if self._is("by", "without"):
            grouping = self._taken().text == "without", self._label_names()
        arguments = self._arguments()
        if grouping is None and self._is("by", "without"):
            grouping = self._taken().text == "without", self._label_names()
        wanted = 2 if op.text in PARAMETERS else 1
        if len(arguments) != wanted:
            raise ExpressionRefused(
                op.at, f"`{op.text}` takes {wanted} argument{'s'[: wanted - 1]}, not {len(arguments)}."
            )
        without, names = grouping or (False, [])
        param = arguments[0] if wanted > 1 else None
        return checked_aggregate(Aggregate(op.text, arguments[-1], param, frozenset(names), without, op.at))

    def _arguments(self) -> tuple[Expr, ...]:
        self._demand("(")
        arguments: list[Expr] = []
        if self._skipped(")"):
            return ()
        while True:
            arguments.append(self._expr(0))
            if self._skipped(")"):
                return tuple(arguments)
            self._demand(",")

    def _call(self) -> Expr:
        name = self._taken()
        if name.text in NATIVE_HISTOGRAMS:
            raise ExpressionRefused(
                name.at,
                f"The function `{name.text}` is outside the subset: native histograms are not kept.",
                "Use histogram_quantile with classic buckets, or let a Prometheus server evaluate the rule.",
            )
        if name.text not in SIGNATURES:
            raise ExpressionRefused(
                name.at,
                f"The function `{name.text}` is unknown.",
                "Use one of docs/promql.md, or let a Prometheus server evaluate the rule.",
            )
        return checked_call(Call(SIGNATURES[name.text], self._arguments(), name.at))

    def _selector(self, name: str, at: int) -> Expr:
        matchers: list[LabelMatcher] = []
        if self._skipped("{"):
            while not self._skipped("}"):
                matchers.append(self._matcher())
                if not self._is("}"):
                    self._demand(",")
        if name:
            if any(each.name == NAME for each in matchers):
                raise ExpressionRefused(at, f"The metric's name is set twice, as `{name}` and as a label.")
            matchers.append(LabelMatcher(NAME, MatchOp.EQUAL, name))
        return checked_selector(Selector(tuple(matchers), at))

    def _matcher(self) -> LabelMatcher:
        name = self._sort(Sort.WORD, "a label name")
        if not self._is("=", "!=", "=~", "!~"):
            raise self._unexpected("one of = != =~ !~")
        op = MatchOp(self._taken().text)
        value = self._sort(Sort.STRING, "a string")
        matcher = LabelMatcher(name.text, op, value.text)
        try:
            acceptance(matcher)
        except PatternRefused as refused:
            raise ExpressionRefused(
                value.at,
                f"The pattern is not RE2: {refused}.",
                "Look-around and back-references are not available.",
            ) from None
        return matcher


def _selecting(read: Expr | _Paren, behind: Token) -> Selector | Range | Subquery:
    if not isinstance(read, Selector | Range | Subquery):
        raise ExpressionRefused(
            behind.at, f"`{behind.text}` can only stand behind a selector, a range or a subquery."
        )
    return read


def _changed(
    read: Selector | Range | Subquery, *, offset_ms: int | None = None, pinned: Pinned | None = None
) -> Expr:
    """Set one modifier, on a range's own selector."""
    if isinstance(read, Range):
        changed = _changed(read.selector, offset_ms=offset_ms, pinned=pinned)
        return Range(changed, read.range_ms, read.at) if isinstance(changed, Selector) else changed
    if offset_ms is not None:
        return replace(read, offset_ms=offset_ms)
    return replace(read, pinned=pinned)


def _number(token: Token) -> float:
    """Read a number as Go does: first as a whole one, where 010 is octal, then as a decimal one."""
    text = token.text.lower()
    try:
        if text.startswith("0x"):
            return float(int(text, 16))
        if len(text) > 1 and text.startswith("0") and set(text) <= set("01234567"):
            return float(int(text, 8))
        return float(text)
    except ValueError:
        raise ExpressionRefused(token.at, f"`{token.text}` is not a number.") from None


def _rounded(value: float) -> int:
    """Round half away from zero, as Go's math.Round."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
