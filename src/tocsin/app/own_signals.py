"""Answers what runbooks ask of stored signals: the most frequent values, and what came after what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson

from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import FailureKind
from tocsin.store.lake.thin import FIELDS

MOST_READ = 500_000
"""Records; `cut` says that there were more."""
MOST_VALUES = 50
MOST_GROUPS = 100_000
Records = Callable[[datetime, datetime], Iterable[tuple[datetime | None, bytes]]]

# What people say of a column -> the column of the lake.
_ALSO = {"account": "actor", "user": "actor", "ip": "src_ip"}
_FAILURES = frozenset({"failure", "failed", "fail", "error", "denied", "false", "401", "403"})
_SUCCESSES = frozenset({"success", "succeeded", "ok", "allowed", "true", "200"})


@dataclass(frozen=True, slots=True)
class OwnSignals:
    """Reads the span that is asked about, once; `records` gives each record with its time."""

    records: Records
    clock: Clock

    def call(self, call: Call) -> Any:
        """Answer `top` or `sequence`. Raises `CallFailed`."""
        asked = call.parameters
        until = self.clock.now()
        found = self.records(until - timedelta(seconds=float(asked["last"])), until)
        if call.operation == "top":
            return _top(found, asked, _listed(asked["by"]))
        if call.operation == "sequence":
            return _sequence(found, asked, _listed(asked["same"]))
        raise CallFailed(FailureKind.MISCONFIGURED, f"signals cannot be asked {call.operation[:40]!r}")


def _top(found: Iterable[tuple[datetime | None, bytes]], asked: Mapping[str, Any], by: Sequence[str]) -> Any:
    counts: Counter[tuple[str, ...]] = Counter()
    wanted = {name: asked[name] for name in ("class", "outcome", "action") if asked.get(name)}
    reading = _Reading(found)
    for _, record in reading:
        key = tuple(_column(record, name) for name in by)
        is_meant = any(key) and all(_is(record, name, value) for name, value in wanted.items())
        if is_meant and (key in counts or len(counts) < MOST_GROUPS):
            counts[key] += 1
    top = counts.most_common(MOST_VALUES)
    values = {f"{name}s": _distinct(key[place] for key, _ in top) for place, name in enumerate(by)}
    rows = [{**dict(zip(by, key, strict=True)), "count": count} for key, count in top]
    return {**values, "top": rows, "total": counts.total(), "groups": len(counts), "cut": reading.is_cut}


def _sequence(
    found: Iterable[tuple[datetime | None, bytes]], asked: Mapping[str, Any], same: Sequence[str]
) -> Any:
    firsts: dict[tuple[str, ...], datetime] = {}
    thens: dict[tuple[str, ...], datetime] = {}
    reading = _Reading(found)
    for time, record in reading:
        key = tuple(_column(record, name) for name in same)
        if time is None or not all(key):
            continue
        if _is_kind(record, str(asked["first"])) and (key in firsts or len(firsts) < MOST_GROUPS):
            firsts[key] = min(time, firsts.get(key, time))
        elif _is_kind(record, str(asked["then"])) and (key in thens or len(thens) < MOST_GROUPS):
            thens[key] = max(time, thens.get(key, time))
    followed = sorted(key for key, first in firsts.items() if key in thens and thens[key] > first)
    values = {
        f"{name}s": _distinct(key[place] for key in followed[:MOST_VALUES]) for place, name in enumerate(same)
    }
    rows = [dict(zip(same, key, strict=True)) for key in followed[:MOST_VALUES]]
    return {**values, "found": rows, "total": len(followed), "cut": reading.is_cut}


@dataclass(slots=True)
class _Reading:
    """Decodes records up to the limit, leaving out what is no JSON object."""

    found: Iterable[tuple[datetime | None, bytes]]
    is_cut: bool = False

    def __iter__(self) -> Iterator[tuple[datetime | None, Mapping[str, Any]]]:
        lines = iter(self.found)
        for time, raw in islice(lines, MOST_READ):
            try:
                record = orjson.loads(raw)
            except orjson.JSONDecodeError:
                continue
            if isinstance(record, dict):
                yield time, record
        self.is_cut = next(lines, None) is not None


def _column(record: Mapping[str, Any], name: str) -> str:
    """Return the text of a column of the lake, or of the record's own field of that name; empty if none."""
    for path in (name, *FIELDS.get(_ALSO.get(name, name), ())):
        value = record.get(path, _below(record, path))
        if value is not None and not isinstance(value, dict | list):
            return str(value)[:256]
    return ""


def _below(record: Mapping[str, Any], path: str) -> Any:
    found: Any = record
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _is(record: Mapping[str, Any], name: str, wanted: str) -> bool:
    text, meant = _column(record, name).casefold(), str(wanted).casefold()
    if name == "outcome" and meant in ("failure", "success"):
        return text in (_FAILURES if meant == "failure" else _SUCCESSES)
    return text == meant


def _is_kind(record: Mapping[str, Any], kind: str) -> bool:
    """Say whether a record is of a class and an outcome, `authentication.failure`."""
    name, _, outcome = kind.rpartition(".")
    return _is(record, "outcome", outcome) and (not name or _is(record, "class", name))


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))


def _listed(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(map(str, names))
