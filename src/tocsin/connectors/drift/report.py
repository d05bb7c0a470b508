"""Makes a signal of each difference between a snapshot of a configuration and its baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tocsin.connectors.drift.compare import differences
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.splitting import LineRefused

_ROUTE = {"product": "config", "category": "drift"}
_ABOUT = ("name", "file", "revision", "time", "environment")


def is_drift_report(record: dict[str, Any]) -> bool:
    """Say whether an object holds a baseline and a snapshot to be compared."""
    return type(record.get("baseline")) is dict and type(record.get("snapshot")) is dict


def read_drift_report(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each difference in `{"name", "revision", "baseline": {...}, "snapshot": {...}}`.

    None at all means that there is no drift.
    """
    if not is_drift_report(record):
        return None
    about = {name: record[name] for name in _ABOUT if type(record.get(name)) in (str, int, float)}
    return Parsed(tuple(signals_of(record["baseline"], record["snapshot"], about)))


def signals_of(baseline: Any, snapshot: Any, about: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield one signal a difference: `path`, `kind` (added, removed, changed), `expected`, `actual`.

    Raises `BodyTooLarge` and `LineRefused` for values that no JSON can hold.
    """
    for found in differences(baseline, snapshot):
        told = {
            "path": found.path,
            "kind": found.kind.value,
            "expected": found.expected,
            "actual": found.actual,
        }
        try:
            yield orjson.dumps({**_ROUTE, **about, **told}, default=str)
        except (TypeError, RecursionError) as error:
            raise LineRefused(
                f"a configuration whose key {found.path[:80]!r} cannot be written: {error}"
            ) from error
