"""Turn a wall clock time of a zone into an instant, by one rule for skipped and for repeated hours."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

# The rules of zones are those of the pinned package on every machine, whatever its system files say.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UTC_ZONE = ZoneInfo("UTC")
ZONE_DATA_VERSION: str = tzdata.IANA_VERSION
"""The release of the IANA time zone database that every computation here used, such as `2025b`."""


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a local time.

    A local time that a change of clocks skips is taken with the offset from before the change (02:30 becomes
    03:30); one that comes twice is its first occurrence. Python's `fold=0` is exactly this rule (PEP 495).
    """
    return datetime.combine(day, at, tzinfo=zone).replace(fold=0).astimezone(UTC)
