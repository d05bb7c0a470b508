"""How a record is read: a field's values found, turned into text once, never raising whatever they are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

# Bounds against hostile records: values looked at in one field or by a keyword, and memory of the memo.
MOST_VALUES = 5_000
DEEPEST = 64
MEMO_VALUES = 4_096
MEMO_CHARACTERS = 4_000_000

_CANONICAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})?\Z")


class Reading:
    """One value of a record: its text, its case-folded text, its number, and the answers given about it.

    `number` is set for JSON numbers and for text in canonical decimal form (T10: `05` and `0x5` are not).
    """

    __slots__ = ("answers", "folded", "is_number", "number", "text")

    def __init__(self, atom: str | int | float) -> None:
        self.is_number = not isinstance(atom, str)
        self.text = atom if isinstance(atom, str) else number_text(atom)
        self.number = canonical_number(atom) if isinstance(atom, str) else finite(atom)
        # Surrogates cannot be encoded for the pattern engine; `replace` keeps the rest of the text.
        self.text = self.text.encode("utf-8", "replace").decode("utf-8")
        self.folded = self.text.casefold()
        self.answers: dict[int, bool] = {}


@dataclass(frozen=True, slots=True)
class Found:
    """What a record holds under a field: is it there, is a value of it null, and the other values."""

    present: bool
    null: bool
    readings: tuple[Reading, ...]


ABSENT = Found(present=False, null=False, readings=())


def canonical_number(text: str) -> float | None:
    """Return the number that a text writes in canonical decimal form, or None; whole numbers stay exact."""
    if not _CANONICAL.match(text):
        return None
    return float(text) if "." in text else int(text)


def finite(number: float) -> float | None:
    """Return the number if it is finite and a float can hold it; integers stay exact."""
    if isinstance(number, int):
        return number
    return number if math.isfinite(number) else None


def number_text(number: float) -> str:
    """Return a number as a log would write it; huge integers, which Python refuses to print, in hex."""
    try:
        return str(number)
    except ValueError:
        return f"{number:#x}"


def atom_of(value: object) -> str | int | float:
    """Return a value as text or number; a map becomes its JSON text, `1.0` becomes 1."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, str | int):
        return value
    return json_text(value)


def json_text(value: object) -> str:
    """Return the JSON text of a structure, or empty text for what JSON cannot write (too deep)."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError):
        return ""


def lookup(record: object, path: str) -> Iterator[object]:
    """Yield every value under a dotted name; a literal dotted key wins, lists stand for each member (T11)."""
    pending: list[tuple[object, str]] = [(record, path)]
    budget = MOST_VALUES
    while pending and budget:
        budget -= 1
        node, rest = pending.pop()
        # A plain map is by far the most common case, and asking for the exact type is the fastest question.
        if type(node) is not dict and isinstance(node, list | tuple):
            pending.extend((member, rest) for member in reversed(node[:MOST_VALUES]))
        elif type(node) is dict or isinstance(node, Mapping):
            if rest in node:
                yield node[rest]
                continue
            head, dot, tail = rest.partition(".")
            if dot and head in node:
                pending.append((node[head], tail))


def members(value: object) -> Iterator[object]:
    """Yield the members of nested lists, or the value itself."""
    pending: list[object] = [value]
    budget = MOST_VALUES
    while pending and budget:
        budget -= 1
        node = pending.pop()
        if isinstance(node, list | tuple):
            pending.extend(reversed(node[:MOST_VALUES]))
        else:
            yield node


def everything(record: object) -> Iterator[object]:
    """Yield every leaf value of a record, at most DEEPEST levels down and among MOST_VALUES nodes."""
    pending: list[tuple[object, int]] = [(record, 0)]
    budget = MOST_VALUES
    while pending and budget:
        budget -= 1
        node, depth = pending.pop()
        if isinstance(node, Mapping | list | tuple):
            if depth < DEEPEST:
                inner = list(node.values() if isinstance(node, Mapping) else node)[:MOST_VALUES]
                pending.extend((member, depth + 1) for member in reversed(inner))
        elif node is not None:
            yield node


class Memo:
    """Readings by value, one table a field, so that a value seen before costs one look-up.

    A table is emptied when it holds MEMO_VALUES values or MEMO_CHARACTERS characters; answers are only a
    cache, so this never changes a result.
    """

    __slots__ = ("_characters", "_tables")

    def __init__(self) -> None:
        self._tables: dict[str | None, dict[str | int | float, Reading]] = {}
        self._characters: dict[str | None, int] = {}

    def read(self, field: str | None, value: object) -> Reading:
        """Return the reading of a value that is not null."""
        atom = value if type(value) is str else atom_of(value)
        table = self._tables.setdefault(field, {})
        known = table.get(atom)
        if known is not None:
            return known
        reading = Reading(atom)
        spent = self._characters.get(field, 0) + len(reading.text)
        if len(table) >= MEMO_VALUES or spent > MEMO_CHARACTERS:
            table.clear()
            spent = len(reading.text)
        self._characters[field] = spent
        table[atom] = reading
        return reading


class Facts:
    """One record as the rules see it; each field is looked up at most once.

    `time` is when the event happened, in microseconds since 1970; None if nobody asks for it.
    """

    __slots__ = ("_found", "_memo", "record", "time")

    def __init__(self, record: Mapping[str, Any], memo: Memo, time: int | None = None) -> None:
        self.record = record
        self.time = time
        self._memo = memo
        self._found: dict[str | None, Found] = {}

    def found(self, field: str | None) -> Found:
        """Return what the record holds under a field; None stands for every value of the record."""
        known = self._found.get(field)
        if known is None:
            known = self._found[field] = self._look(field)
        return known

    def elements(self, field: str) -> Iterator[Facts]:
        """Yield the members of a list as records of their own; what is no map is its field `.`.

        A value that is no list counts as its only member; a missing field and null have none.
        """
        budget = MOST_VALUES
        for value in lookup(self.record, field):
            for member in value if isinstance(value, list | tuple) else (value,):
                if member is None and value is None:
                    continue
                budget -= 1
                if budget < 0:
                    return
                yield Facts(member if isinstance(member, Mapping) else {".": member}, self._memo, self.time)

    def _look(self, field: str | None) -> Found:
        if field is None:
            readings = tuple(self._memo.read(None, value) for value in everything(self.record))
            return Found(present=True, null=False, readings=readings)
        if field in self.record:
            value = self.record[field]
            if type(value) is str:
                return Found(present=True, null=False, readings=(self._memo.read(field, value),))
            values = [value]
        else:
            values = list(lookup(self.record, field)) if "." in field else []
        if not values:
            return ABSENT
        flat = [member for value in values for member in members(value)]
        readings = tuple(self._memo.read(field, value) for value in flat if value is not None)
        return Found(present=True, null=None in flat, readings=readings)
