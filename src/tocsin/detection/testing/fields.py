"""Reads the small values of a test file (durations, instants, dotted fields), each fault with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Series, Table, plain
from tocsin.detection.sigma.header import refuse_other_keys
from tocsin.detection.state import micros

_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(us|ms|s|m|h|d|w)")
_DURATION = re.compile(rf"-?(?:{_PART.pattern})+\Z")
_LONGEST_YEARS = 100
_LONGEST = _LONGEST_YEARS * 366 * _UNITS["d"]


def table(node: Node, what: str, allowed: Sequence[str] = ()) -> Table:
    """Return a node as a map; with `allowed`, its keys must be among them."""
    if not isinstance(node, Table):
        raise RuleRejected(node.place, f"{what} must be a map.", next_step="Write `key: value` pairs.")
    if allowed:
        refuse_other_keys(node, allowed)
    return node


def members(node: Node, what: str) -> tuple[Node, ...]:
    """Return a node's members; it must be a list."""
    if not isinstance(node, Series):
        raise RuleRejected(node.place, f"{what} must be a list.", next_step="Write each member behind a `-`.")
    return node.members


def word(holder: Table, key: str, default: str = "") -> str:
    """Return the text under a key."""
    node = holder.get(key)
    if node is None:
        return default
    if not isinstance(node, Leaf) or node.value is None:
        raise RuleRejected(node.place, f"`{key}` must be text.", next_step="Write one value behind the key.")
    return str(node.value)


def flag(holder: Table, key: str) -> bool:
    """Return the truth value under a key, false without it."""
    node = holder.get(key)
    if node is None:
        return False
    if not isinstance(node, Leaf) or not isinstance(node.value, bool):
        raise RuleRejected(node.place, f"`{key}` is true or false.", next_step="Write true or false.")
    return node.value


def count(holder: Table, key: str, *, most: int) -> int | None:
    """Return the whole number from 1 to `most` under a key, None without it."""
    node = holder.get(key)
    if node is None:
        return None
    number = node.value if isinstance(node, Leaf) else None
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        raise RuleRejected(
            node.place, f"`{key}` must be a whole number from 1 to {most}.", next_step="Correct the number."
        )
    return number


def duration(holder: Table, key: str, default: int = 0) -> int:
    """Return the duration under a key in microseconds: `90s`, `1h30m`, `-5m`, or a number of seconds."""
    node = holder.get(key)
    if node is None:
        return default
    found = _micros(node)
    if found is None:
        raise RuleRejected(
            node.place,
            f"`{key}` is no duration.",
            next_step="Write for example 90s, 5m, 1h30m or 2d (units us, ms, s, m, h, d, w).",
        )
    return found


def moment(holder: Table, key: str, start: datetime) -> int | None:
    """Return the instant under a key in microseconds since 1970: an offset from `start`, or an ISO time."""
    node = holder.get(key)
    if node is None:
        return None
    found = _micros(node)
    if found is not None:
        return micros(start) + found
    return micros(instant_of(node, key))


def instant_of(node: Node, key: str) -> datetime:
    """Return a node as an aware instant; a time without a zone is UTC."""
    try:
        found = datetime.fromisoformat(str(node.value) if isinstance(node, Leaf) else "")
    except ValueError as error:
        raise RuleRejected(
            node.place,
            f"`{key}` is neither a duration nor an ISO time.",
            next_step="Write for example 5m, or 2026-01-05T09:00:00Z.",
        ) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def record_of(node: Node | None, what: str) -> dict[str, Any]:
    """Return a node as a record, empty without it."""
    return {} if node is None else dict(plain(table(node, what)))


def overlaid(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return one record laid over another; maps are joined key by key, all else is replaced."""
    joined = dict(under)
    for key, value in over.items():
        mine = joined.get(key)
        both = isinstance(mine, Mapping) and isinstance(value, Mapping)
        joined[key] = overlaid(mine, value) if both else value  # type: ignore[arg-type]
    return joined


def placed(record: Mapping[str, Any], dotted: str, value: Any) -> dict[str, Any]:
    """Return a record with a value under a dotted name; maps on the way are made."""
    head, dot, tail = dotted.partition(".")
    if not dot:
        return {**record, head: value}
    inner = record.get(head)
    return {**record, head: placed(inner if isinstance(inner, Mapping) else {}, tail, value)}


def without(record: Mapping[str, Any], dotted: str) -> dict[str, Any]:
    """Return a record without what stands under a dotted name."""
    head, dot, tail = dotted.partition(".")
    inner = record.get(head)
    if dot and isinstance(inner, Mapping):
        return {**record, head: without(inner, tail)}
    return {key: value for key, value in record.items() if key != dotted}


def _micros(node: Node) -> int | None:
    value = node.value if isinstance(node, Leaf) else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        found = round(value * 1_000_000)
    elif _DURATION.match(value):
        found = sum(round(float(number) * _UNITS[unit]) for number, unit in _PART.findall(value))
        found = -found if value.startswith("-") else found
    else:
        return None
    return found if abs(found) <= _LONGEST else None
