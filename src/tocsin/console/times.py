"""Durations and deadlines in words, the same words that the ticking clocks in the browser use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.domain.incident import IncidentClock

_SOON = 0.2
"""A clock is soon due when less than this share of its time is left."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """What a clock shows: the words, and `late`, `soon`, `met` or an empty state."""

    words: str
    state: str


def instant(at: datetime) -> str:
    """Return an instant as machines read it, in UTC to the second, `2026-11-21T02:31:10Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: datetime) -> str:
    """Return the UTC day, `2026-11-21`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def time_of_day(at: datetime) -> str:
    """Return the UTC time of day, `02:31:10`."""
    return at.astimezone(UTC).strftime("%H:%M:%S")


def elapsed(span: timedelta) -> str:
    """Return a duration as `00:23:41`, from one day on as `2 d 03:10:22`; a negative one counts as none."""
    seconds = max(0, int(span.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def short(span: timedelta) -> str:
    """Return a duration as `02:10` below one hour, else as `elapsed` does."""
    text = elapsed(span)
    return text.removeprefix("00:") if span < timedelta(hours=1) else text


def rounded(span: timedelta) -> str:
    """Return a duration by its largest unit, `5 min`, `2 h`, `3 d`; below one minute in seconds."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def deadline(clock: IncidentClock, now: datetime) -> Deadline:
    """Say how a clock stands: time left, late by how much over how long, or met in what time."""
    allowed = clock.due_at - clock.started_at
    if clock.met_at is not None:
        took = short(clock.met_at - clock.started_at)
        if clock.met_at > clock.due_at:
            return Deadline(f"Late: met in {took}, allowed {rounded(allowed)}", "late")
        return Deadline(f"Met in {took}", "met")
    left = clock.due_at - now
    if left < timedelta(0) or clock.missed_at is not None:
        over = max(now - clock.due_at, timedelta(0))
        return Deadline(f"Late: +{short(over)} over {rounded(allowed)}", "late")
    state = "soon" if left < allowed * _SOON else ""
    return Deadline(f"{short(left)} left", state)
