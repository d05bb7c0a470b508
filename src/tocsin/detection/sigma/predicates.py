"""The questions a rule can put to one value of a record, interned so that equal questions are asked once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import re2  # type: ignore[import-untyped]

from tocsin.detection.sigma.readings import Reading, canonical_number
from tocsin.detection.sigma.values import Text, Wild


class Op(StrEnum):
    """What a predicate asks."""

    EQUALS = "equals"
    NUMBER = "number"
    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"
    LIKE = "like"
    REGEX = "regex"
    CIDR = "cidr"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    TIME = "time"
    NULL = "null"
    EXISTS = "exists"
    FIELD = "field"
    DURING = "during"
    CALENDAR = "calendar"


# Questions about when the event happened, not about what it says; their `field` is None.
OF_TIME = frozenset({Op.DURING, Op.CALENDAR})

ORDER: dict[Op, Callable[[float, float], bool]] = {
    Op.LT: lambda left, right: left < right,
    Op.LTE: lambda left, right: left <= right,
    Op.GT: lambda left, right: left > right,
    Op.GTE: lambda left, right: left >= right,
    Op.NUMBER: lambda left, right: left == right,
}


@dataclass(frozen=True, slots=True)
class Predicate:
    """One question: does a value of `field` satisfy `op` with `value`?

    `field` None asks every value of the record (keywords, S18). `detail` refines: the part of a date for TIME
    (`value` then is a pair of operator and number), the way of comparing for FIELD. DURING holds an interval
    as `since..until` in microseconds, CALENDAR a calendar's text.
    """

    field: str | None
    op: Op
    value: str | float | bool | None
    cased: bool = False
    detail: str = ""


Test = Callable[[Reading], bool]


def from_text(field: str | None, text: Text) -> Predicate:
    """Return the cheapest predicate that means the same as a text with wildcards."""
    parts = text.parts
    opened, closed = parts[:1] == (Wild.ANY,), parts[-1:] == (Wild.ANY,)
    middle = parts[int(opened) : len(parts) - int(closed and len(parts) > 1)]
    if any(isinstance(part, Wild) for part in middle):
        if Wild.ONE in parts and not text.cased:
            # Folding makes two characters of one (`ß`), and `?` means one of the text as it is written (S2).
            return Predicate(field, Op.REGEX, f"(?i){_like(replace(text, cased=True))}")
        return Predicate(field, Op.LIKE, _like(text), text.cased)
    op = {
        (True, True): Op.CONTAINS,
        (True, False): Op.ENDSWITH,
        (False, True): Op.STARTSWITH,
        (False, False): Op.EQUALS,
    }[opened, closed]
    word = "".join(str(part) for part in middle)
    return Predicate(field, op, word if text.cased else word.casefold(), text.cased)


def _like(text: Text) -> str:
    shapes = {Wild.ANY: ".*", Wild.ONE: "."}
    folded = (part if text.cased or isinstance(part, Wild) else part.casefold() for part in text.parts)
    body = "".join(shapes[part] if isinstance(part, Wild) else re2.escape(part) for part in folded)
    return rf"(?s)\A{body}\z"


def regex(pattern: str) -> Any:
    """Compile a pattern with the linear-time engine.

    Raises `re2.error` for what that engine cannot do: look-around, back-references, more than 1,000 repeats.
    """
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def test_of(predicate: Predicate) -> Test:
    """Return the function that answers the predicate for one reading that is not null."""
    return _MAKERS[predicate.op](predicate)


def _text_test(predicate: Predicate) -> Test:
    word, cased = str(predicate.value), predicate.cased
    if predicate.op is Op.CONTAINS:
        return (lambda r: word in r.text) if cased else (lambda r: word in r.folded)
    if predicate.op is Op.STARTSWITH:
        return (lambda r: r.text.startswith(word)) if cased else (lambda r: r.folded.startswith(word))
    return (lambda r: r.text.endswith(word)) if cased else (lambda r: r.folded.endswith(word))


def _equals(predicate: Predicate) -> Test:
    word = str(predicate.value)
    if predicate.cased:
        return lambda r: r.text == word
    number = canonical_number(word)
    if number is None:
        return lambda r: r.folded == word
    return lambda r: r.folded == word or (r.is_number and r.number == number)


def number_in(predicate: Predicate) -> float:
    """Return the number a predicate asks for; whole numbers stay exact. Raises ValueError if it is none."""
    value = predicate.value
    return value if isinstance(value, int | float) else float(value or 0)


def _compares(predicate: Predicate) -> Test:
    bound, order = number_in(predicate), ORDER[predicate.op]
    return lambda r: r.number is not None and order(r.number, bound)


def _pattern(predicate: Predicate) -> Test:
    search = regex(str(predicate.value)).search
    if predicate.op is Op.REGEX or predicate.cased:
        return lambda r: search(r.text) is not None
    return lambda r: search(r.folded) is not None


def _cidr(predicate: Predicate) -> Test:
    network = ipaddress.ip_network(str(predicate.value))

    def inside(reading: Reading) -> bool:
        try:
            return ipaddress.ip_address(reading.text) in network
        except ValueError:
            return False

    return inside


def time_part(text: str, part: str) -> int | None:
    """Return a part of an ISO date as it is written, without time-zone handling (S16), or None."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))


def _time(predicate: Predicate) -> Test:
    part, op = predicate.detail.split(" ")
    bound, order = number_in(predicate), ORDER[Op(op)]

    def holds(reading: Reading) -> bool:
        found = time_part(reading.text, part)
        return found is not None and order(found, bound)

    return holds


_MAKERS: dict[Op, Callable[[Predicate], Test]] = {
    Op.EQUALS: _equals,
    Op.NUMBER: _compares,
    Op.CONTAINS: _text_test,
    Op.STARTSWITH: _text_test,
    Op.ENDSWITH: _text_test,
    Op.LIKE: _pattern,
    Op.REGEX: _pattern,
    Op.CIDR: _cidr,
    Op.LT: _compares,
    Op.LTE: _compares,
    Op.GT: _compares,
    Op.GTE: _compares,
    Op.TIME: _time,
}

# How two fields are compared (S17): what is asked of the folded text of the one about that of the other.
FIELD_TESTS: dict[str, Callable[[str, str], bool]] = {
    "": lambda left, right: left == right,
    "contains": lambda left, right: right in left,
    "startswith": lambda left, right: left.startswith(right),
    "endswith": lambda left, right: left.endswith(right),
}

TIME_PARTS = ("minute", "hour", "day", "week", "month", "year")
