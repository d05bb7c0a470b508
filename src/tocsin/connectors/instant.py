"""Times as other programs write them, read as aware UTC instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_OLDEST_EPOCH_S = 1e8
"""Smaller numbers are counters, durations or dates such as 20200610, not seconds (this is in 1973)."""

_EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""Numbers below the first figure are divided by the second: seconds, then milli-, micro- and nanoseconds."""

_DOTNET_DATE = re.compile(r"/Date\((\d{9,16})(?:[+-]\d{4})?\)/")
"""PowerShell's ConvertTo-Json writes milliseconds since 1970 this way."""

_MOST_DIGITS = 32


def instant_of(text: str) -> datetime | None:
    """Read ISO 8601 / RFC 3339; a time without a zone is UTC, digits beyond microseconds are cut.

    None for anything else, and for a time that UTC cannot hold.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return None


def event_instant(value: Any) -> datetime | None:
    """Read an event's time from a JSON value: ISO 8601, or seconds to nanoseconds since 1970; else None.

    Zero, small numbers and years before 1971 mean that the sender had no time to tell.
    """
    if type(value) is str:
        found = instant_of(value)
        if found is not None and found.year > 1970:
            return found
        return _from_digits(value)
    if type(value) is int or type(value) is float:
        return _from_epoch(value)
    if type(value) is dict:
        return _from_windows(value)
    return None


def _from_digits(text: str) -> datetime | None:
    """Read a number, or .NET's `/Date(...)/`, written as a string."""
    dotnet = _DOTNET_DATE.fullmatch(text)
    digits = dotnet.group(1) if dotnet else text
    if len(digits) > _MOST_DIGITS:
        return None
    try:
        return _from_epoch(float(digits))
    except ValueError:
        return None


def _from_epoch(number: float) -> datetime | None:
    for bound, divisor in _EPOCH_UNITS:
        if _OLDEST_EPOCH_S <= number < bound:
            return datetime.fromtimestamp(number / divisor, UTC)
    return None


def _from_windows(value: dict[str, Any]) -> datetime | None:
    """Read `TimeCreated` as Windows event exports nest it."""
    inner = value.get("#attributes", value)
    if type(inner) is not dict:
        return None
    text = inner.get("SystemTime", inner.get("@SystemTime"))
    return instant_of(text) if type(text) is str else None
