"""Read single values of a rule's keys: numbers, durations, switches, words, days and time zones."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Table

# Seconds. A month has 30 days and a year 365, because a sliding window needs one fixed length.
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}
LONGEST_SECONDS = 10 * UNITS["y"]

_SPAN = re.compile(r"([0-9]{1,9})([smhdwMy])\Z")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def place_of(table: Table, key: str) -> Place:
    """Return where a key's value stands, or where the map begins if it is not there."""
    node = table.get(key)
    return table.place if node is None else node.place


def seconds(text: str) -> int | None:
    """Return a timespan such as `10m` in seconds, or None if it isn't one (S28)."""
    found = _SPAN.match(text)
    return int(found.group(1)) * UNITS[found.group(2)] if found else None


def number(node: Node) -> float | None:
    """Return the finite number that a value is or writes as text, or None; whole numbers stay exact.

    Text counts because a YAML 1.1 program that wrote the file may have quoted `1e-5`.
    """
    value = node.value if isinstance(node, Leaf) else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        if not _NUMBER.match(value):
            return None
        value = float(value)
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def number_at(table: Table, key: str, default: float, *, least: float, most: float) -> float:
    """Return the number under a key, between `least` and `most`. Raises RuleRejected if it isn't one."""
    node = table.get(key)
    if node is None:
        return default
    found = number(node)
    if found is None or not least <= found <= most:
        raise RuleRejected(
            node.place,
            f"`{key}` must be a number between {least:g} and {most:g}.",
            next_step=f"Write for example `{key}: {default:g}`.",
        )
    return found


def whole_at(table: Table, key: str, default: int, *, least: int, most: int) -> int:
    """Return the whole number under a key. Raises RuleRejected if it isn't one or is out of bounds."""
    found = number_at(table, key, default, least=least, most=most)
    if found != int(found):
        raise RuleRejected(
            place_of(table, key), f"`{key}` must be a whole number.", next_step=f"Write `{key}: {default}`."
        )
    return int(found)


def seconds_at(table: Table, key: str, default: int, *, example: str = "10m") -> int:
    """Return the duration under a key in seconds, up to 10 years. Raises RuleRejected if it isn't one."""
    node = table.get(key)
    if node is None:
        return default
    found = seconds(str(node.value)) if isinstance(node, Leaf) else None
    if found is None or found > LONGEST_SECONDS:
        raise RuleRejected(
            node.place,
            f"`{key}` must be a duration of at most 10 years.",
            next_step=f"Write a whole number and one of s, m, h, d, w, M, y, for example `{key}: {example}`.",
        )
    return found


def switch_at(table: Table, key: str, *, default: bool) -> bool:
    """Return the truth value under a key. Raises RuleRejected if it is neither true nor false."""
    node = table.get(key)
    if node is None:
        return default
    if not isinstance(node, Leaf) or not isinstance(node.value, bool):
        raise RuleRejected(node.place, f"`{key}` must be true or false.", next_step=f"Write `{key}: true`.")
    return node.value


def word_at(table: Table, key: str, allowed: Sequence[str], default: str) -> str:
    """Return the word under a key. Raises RuleRejected if it is none of the allowed ones."""
    node = table.get(key)
    if node is None:
        return default
    if not isinstance(node, Leaf) or node.value not in allowed:
        raise RuleRejected(
            node.place,
            f"`{key}` cannot be `{node.value}`." if isinstance(node, Leaf) else f"`{key}` must be one word.",
            next_step=f"Use one of: {', '.join(allowed)}.",
        )
    return str(node.value)


def zone_at(table: Table, key: str) -> ZoneInfo:
    """Return the time zone under a key, UTC if it is not there. Raises RuleRejected for an unknown one."""
    node = table.get(key)
    name = "UTC" if node is None else str(node.value) if isinstance(node, Leaf) else ""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise RuleRejected(
            place_of(table, key),
            f"The time zone `{name}` is unknown.",
            next_step="Use a name of the IANA database, for example `Europe/Berlin`.",
        ) from error


def days(node: Node) -> tuple[date, date]:
    """Return `2026-03-01/2026-03-07` or a single day as first and last day. Raises RuleRejected otherwise."""
    text = str(node.value) if isinstance(node, Leaf) else ""
    first, slash, last = text.partition("/")
    try:
        found = (day(first), day(last if slash else first))
    except ValueError:
        found = (date.max, date.min)
    if found[0] > found[1]:
        raise RuleRejected(
            node.place,
            "This is no day and no range of days.",
            next_step="Write for example `2026-03-01`, or `2026-03-01/2026-03-07` (both days belong to it).",
        )
    return found


def day(text: str) -> date:
    """Return a day written as `2026-03-01`. Raises ValueError for anything else."""
    if not _DAY.match(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def moment_at(table: Table, key: str) -> datetime | None:
    """Return the moment under a key, None without it. Raises RuleRejected if it has no offset from UTC."""
    node = table.get(key)
    if node is None:
        return None
    try:
        found = datetime.fromisoformat(str(node.value) if isinstance(node, Leaf) else "")
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise RuleRejected(
            node.place,
            f"`{key}` must be a moment with an offset from UTC.",
            next_step=f"Write for example `{key}: 2026-03-01T00:00:00Z`.",
        )
    return found
