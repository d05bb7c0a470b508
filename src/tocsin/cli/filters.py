"""Reads filters as they are typed: `severity=P1 'service=~id.*' status!=closed since=2h`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

_FILTER = re.compile(r"(?P<field>[a-z_]+)(?P<operator>=~|!~|!=|=)(?P<text>.*)", re.DOTALL)
_DURATION = re.compile(r"(?P<count>\d{1,6})(?P<unit>[smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TIMES = ("since", "until")


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that all must hold; the same field given twice with `=` means either."""

    either: Mapping[str, frozenset[str]]
    others: tuple[tuple[str, str, str], ...]
    since: datetime | None
    until: datetime | None

    def holds(self, record: Mapping[str, Any], at: datetime) -> bool:
        """Say whether a record, whose time is `at`, passes."""
        if (self.since and at < self.since) or (self.until and at > self.until):
            return False
        if any(not words & _words(record, field) for field, words in self.either.items()):
            return False
        return all(_passes(_words(record, field), operator, text) for field, operator, text in self.others)


def read_filters(typed: Sequence[str], fields: Sequence[str], now: datetime) -> Filters:
    """Read what was typed. Raises `click.UsageError`, which names the fields there are."""
    either: dict[str, set[str]] = {}
    others: list[tuple[str, str, str]] = []
    times: dict[str, datetime] = {}
    for each in typed:
        field, operator, text = _parts(each, fields)
        if field in _TIMES:
            times[field] = time_typed(text, now)
        elif operator == "=":
            either.setdefault(field, set()).add(text.lower())
        else:
            others.append((field, operator, text))
    return Filters(
        {field: frozenset(words) for field, words in either.items()},
        tuple(others),
        times.get("since"),
        times.get("until"),
    )


def _parts(typed: str, fields: Sequence[str]) -> tuple[str, str, str]:
    found = _FILTER.fullmatch(typed)
    if found is None:
        raise click.UsageError(
            f"{typed!r} is no filter; write it as severity=P1, status!=closed or title=~.*login.*"
        )
    if found["field"] not in (*fields, *_TIMES):
        raise click.UsageError(
            f"There is no field {found['field']!r} to filter by; there are {', '.join((*fields, *_TIMES))}."
        )
    if found["operator"].endswith("~"):
        try:
            re.compile(found["text"])
        except re.error as error:
            raise click.UsageError(f"{found['text']!r} is no pattern: {error}.") from error
    return found["field"], found["operator"], found["text"]


def time_typed(text: str, now: datetime) -> datetime:
    """Read a time as people type it: how long ago, or ISO 8601. Raises `click.UsageError`."""
    if found := _DURATION.fullmatch(text):
        return now - timedelta(**{_UNITS[found["unit"]]: int(found["count"])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{text!r} is no time; write 2h, 3d or 2026-11-21T10:00:00Z.") from error
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def _words(record: Mapping[str, Any], field: str) -> frozenset[str]:
    value = record.get(field)
    many = value if isinstance(value, list | tuple) else [value]
    return frozenset("" if each is None else str(each).lower() for each in many)


def _passes(words: frozenset[str], operator: str, text: str) -> bool:
    if operator == "!=":
        return text.lower() not in words
    matched = any(re.fullmatch(text, word, re.IGNORECASE) for word in words)
    return matched if operator == "=~" else not matched
