"""Tells what differs between a baseline and a snapshot of a configuration, key by key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tocsin.connectors.refusal import BodyTooLarge

MOST_KEYS = 200_000
DEEPEST = 100
_SECRET = re.compile(r"passw|secret|token|api_?key|private|credential", re.IGNORECASE)
HIDDEN = "***"
_ABSENT = object()


class Kind(StrEnum):
    """How a key differs from the baseline."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that differs. `path` joins names by points, places in lists as `[0]`.

    A value whose path looks like a secret's is shown as `***`; what is absent is None.
    """

    path: str
    kind: Kind
    expected: Any
    actual: Any


def differences(baseline: Any, snapshot: Any) -> Iterator[Difference]:
    """Yield what differs, in the order of the paths; what is there on one side alone is one difference.

    1 and 1.0 are equal; 1 and true are not. Raises `BodyTooLarge` beyond 200,000 keys (YAML's aliases can
    make very many of few bytes) or 100 levels.
    """
    _demand_bounded(baseline)
    _demand_bounded(snapshot)
    pending: list[tuple[str, Any, Any]] = [("", baseline, snapshot)]
    while pending:
        path, expected, actual = pending.pop()
        inner = _inner(path, expected, actual)
        if inner is not None:
            pending += reversed(inner)
        elif expected is _ABSENT or actual is _ABSENT or not _same(expected, actual):
            yield _difference(path, expected, actual)


def _demand_bounded(tree: Any) -> None:
    pending, seen = [(tree, 0)], 0
    while pending:
        value, depth = pending.pop()
        seen += 1
        if seen > MOST_KEYS or depth > DEEPEST:
            raise BodyTooLarge(f"The configuration has more than {MOST_KEYS} keys or {DEEPEST} levels.")
        inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        pending += ((inner, depth + 1) for inner in inside)


def _inner(path: str, expected: Any, actual: Any) -> list[tuple[str, Any, Any]] | None:
    """Return the pairs to compare inside two values of one kind; None if they themselves are compared."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        names = sorted({*expected, *actual}, key=str)
        return [
            (f"{path}.{name}" if path else str(name), expected.get(name, _ABSENT), actual.get(name, _ABSENT))
            for name in names
        ]
    if isinstance(expected, list) and isinstance(actual, list):
        longest = max(len(expected), len(actual))
        return [(f"{path}[{place}]", _nth(expected, place), _nth(actual, place)) for place in range(longest)]
    return None


def _nth(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else _ABSENT


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


def _difference(path: str, expected: Any, actual: Any) -> Difference:
    if expected is _ABSENT:
        return Difference(path, Kind.ADDED, None, _shown(path, actual))
    if actual is _ABSENT:
        return Difference(path, Kind.REMOVED, _shown(path, expected), None)
    return Difference(path, Kind.CHANGED, _shown(path, expected), _shown(path, actual))


def _shown(path: str, value: Any) -> Any:
    """Hide what may be a secret: by the path, or by a name inside the value."""
    if _SECRET.search(path):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(name): _shown(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shown("", inner) for inner in value]
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        return str(value)
    return value
