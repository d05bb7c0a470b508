"""Answers the small expressions of runbooks and evidence rules, and fills them into texts and arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.expression_parser import ExpressionWrong, parse
from tocsin.domain.expression_tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Expression,
    Listed,
    Literal,
    Name,
    Negation,
    parts_of,
)

__all__ = [
    "Expression",
    "ExpressionWrong",
    "ages_in",
    "evaluate",
    "expressions_in",
    "holds",
    "names_in",
    "parse",
    "render",
    "text_of",
]

AGE = ("incident", "age")
"""The one name whose value changes with nothing but time."""

_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_JUST_AFTER = timedelta(microseconds=1)


def evaluate(expression: Expression, names: Mapping[str, Any]) -> Any:
    """Return what an expression gives; a name that `names` do not hold gives None.

    `names` are nested maps: `pattern.source` is `names["pattern"]["source"]`. Values that cannot be compared
    by size make a comparison false; a text that reads as a number counts as one beside a number.
    """
    match expression:
        case Literal(value=value):
            return value
        case Name(path=path):
            return _looked_up(path, names)
        case Listed(members=members):
            return [evaluate(member, names) for member in members]
        case Comparison(sign=sign, left=left, right=right):
            return _compared(sign, evaluate(left, names), evaluate(right, names))
        case _:
            return _joined(expression, names)


def _joined(expression: Negation | Conjunction | Disjunction, names: Mapping[str, Any]) -> bool:
    match expression:
        case Negation(inner=inner):
            return not holds(inner, names)
        case Conjunction(members=members):
            return all(holds(member, names) for member in members)
        case Disjunction(members=members):
            return any(holds(member, names) for member in members)


def holds(expression: Expression, names: Mapping[str, Any]) -> bool:
    """Say whether a condition is met: a bare name is when its value is there and not empty, zero or false."""
    return bool(evaluate(expression, names))


def render(value: Any, names: Mapping[str, Any]) -> Any:
    """Return a value with every `{{ expression }}` filled in, through lists and maps.

    A text that is one hole takes the value with its type; holes within a text take its words. What is filled
    in is never read as an expression again. Raises `ExpressionWrong`.
    """
    if isinstance(value, Mapping):
        return {key: render(member, names) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [render(member, names) for member in value]
    if not isinstance(value, str):
        return value
    whole = _HOLE.fullmatch(value.strip())
    if whole is not None and "{{" not in whole[1]:
        return evaluate(parse(whole[1]), names)
    return _HOLE.sub(lambda hole: text_of(evaluate(parse(hole[1]), names)), value)


def text_of(value: Any) -> str:
    """Return a value in words: nothing for None, members of a list by `, `, a map as JSON, `1h30m`."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ", ".join(text_of(member) for member in value)
        case timedelta():
            return _spoken(value)
        case datetime():
            return value.isoformat(timespec="seconds").replace("+00:00", "Z")
        case Mapping():
            return json.dumps(value, sort_keys=True, default=text_of)
        case _:
            return str(value)


def expressions_in(value: Any) -> Iterator[Expression]:
    """Yield what stands between `{{` and `}}` anywhere in a value. Raises `ExpressionWrong`."""
    if isinstance(value, Mapping):
        for member in value.values():
            yield from expressions_in(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from expressions_in(member)
    elif isinstance(value, str):
        yield from (parse(hole) for hole in _HOLE.findall(value))


def names_in(expression: Expression) -> frozenset[str]:
    """Return the names that an expression asks for, as they are written."""
    return frozenset(part.dotted for part in parts_of(expression) if isinstance(part, Name))


def ages_in(expression: Expression) -> tuple[timedelta, ...]:
    """Return, in order, the ages of the incident at which the answer may change, so that it is asked again.

    For `incident.age > 30m` it is the moment just after 30 minutes, for `>=` that very moment.
    """
    return tuple(sorted({age for part in parts_of(expression) for age in _turning_points(part)}))


def _turning_points(part: Expression) -> Iterator[timedelta]:
    match part:
        case Comparison(sign=sign, left=Name(path=path), right=Literal(value=timedelta() as age)):
            after = {">", "<=", "==", "!="}
        case Comparison(sign=sign, left=Literal(value=timedelta() as age), right=Name(path=path)):
            after = {"<", ">=", "==", "!="}
        case _:
            return
    if path != AGE:
        return
    if sign in after:
        yield age + _JUST_AFTER
    if sign not in after or sign in ("==", "!="):
        yield age


def _looked_up(path: tuple[str, ...], names: Mapping[str, Any]) -> Any:
    found: Any = names
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _compared(sign: str, left: Any, right: Any) -> bool:
    if sign in ("in", "not in"):
        return _is_in(left, right) == (sign == "in")
    left, right = _alike(left, right)
    if sign in ("==", "!="):
        return bool(left == right) == (sign == "==")
    try:
        return _ORDERED[sign](left, right)
    except TypeError:
        return False


def _is_in(left: Any, right: Any) -> bool:
    if isinstance(right, str):
        return isinstance(left, str) and left in right
    if isinstance(right, list | tuple | set | frozenset | Mapping):
        return any(_compared("==", left, member) for member in right)
    return False


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    if _is_number(left) and isinstance(right, str) and _NUMBER.fullmatch(right):
        return left, float(right)
    if _is_number(right) and isinstance(left, str) and _NUMBER.fullmatch(left):
        return float(left), right
    return left, right


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spoken(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    words = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"
