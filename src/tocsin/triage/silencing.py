"""Say where a silence stands, what it mutes now, and when that changes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tocsin.domain.silence import Silence, SilenceState
from tocsin.triage.recurrence import Window, windows

LOOK_AHEAD = timedelta(days=366)
"""A recurring silence is looked ahead by this much; whoever waits for it looks again then."""


def state_of(silence: Silence, now: datetime) -> SilenceState:
    """Return the state. One that recurs is pending between its windows, for it mutes nothing then."""
    if now >= silence.ends_at:
        return SilenceState.EXPIRED
    if silence.needs_second and silence.second is None:
        return SilenceState.UNCONFIRMED
    return SilenceState.PENDING if window_at(silence, now) is None else SilenceState.ACTIVE


def muting(silences: Iterable[Silence], labels: Mapping[str, str], now: datetime) -> tuple[Silence, ...]:
    """Return the silences that mute an alert of these labels now, in the order given."""
    return tuple(
        silence for silence in silences if silence.fits(labels) and muting_window(silence, now) is not None
    )


def muting_window(silence: Silence, now: datetime) -> Window | None:
    """Return the window in which it mutes now, None when it mutes nothing."""
    return None if silence.needs_second and silence.second is None else window_at(silence, now)


def window_at(silence: Silence, now: datetime) -> Window | None:
    """Return the window that is open now, whether or not a second person has confirmed the silence.

    Windows of a recurring silence that touch count as one, so that nobody wakes between them.
    """
    if not silence.starts_at <= now < silence.ends_at:
        return None
    if silence.recurrence is None:
        return Window(start=silence.starts_at, end=silence.ends_at)
    start, end = None, now
    for window in windows(silence.recurrence, silence.starts_at, now, _horizon(silence, now)):
        if window.start > end:
            break
        start, end = start or window.start, max(end, window.end)
    return None if start is None else Window(start=start, end=min(end, silence.ends_at))


def next_change(silence: Silence, now: datetime) -> datetime | None:
    """Return when it begins or ends to mute next; None when it never does any more.

    Confirmation is not waited for: a silence that a second person has still to confirm changes at its end.
    """
    if now >= silence.ends_at:
        return None
    if state_of(silence, now) is SilenceState.UNCONFIRMED:
        return silence.ends_at
    open_now = window_at(silence, now)
    if open_now is not None:
        return open_now.end
    if silence.recurrence is None:
        return silence.starts_at
    since = max(now, silence.starts_at)
    horizon = _horizon(silence, since)
    coming = next(windows(silence.recurrence, silence.starts_at, since, horizon), None)
    return horizon if coming is None else max(coming.start, silence.starts_at)


def _horizon(silence: Silence, since: datetime) -> datetime:
    return min(silence.ends_at, since + LOOK_AHEAD)
