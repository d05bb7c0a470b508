"""An alert that begins again and again is told once, then held until it has been calm for a while."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import Alert

FLAPS = "flaps"
"""The kind of mark under which the flaps of a fingerprint are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlappingPolicy:
    """An alert flaps when it begins `times` within `within`; it is calm when nothing changed for `calm`."""

    times: int = 4
    within: timedelta = timedelta(minutes=15)
    calm: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaps:
    """When an alert began lately, oldest first, and since when it flaps (None: it does not)."""

    begins: tuple[datetime, ...]
    since: datetime | None = None


def is_again(previous: Alert, now: datetime, policy: FlappingPolicy) -> bool:
    """Say whether an alert whose previous episode is given begins so soon that it must be remembered."""
    return now - max(previous.ends_at, previous.starts_at) < max(policy.within, policy.calm)


def begun_again(mark: bytes | None, previous: Alert, now: datetime, policy: FlappingPolicy) -> Flaps:
    """Return the flaps of an alert that begins now, after an episode that has ended.

    An alert that began once needs no mark: its previous episode tells when.
    """
    known = read(mark) if mark else Flaps(begins=(previous.starts_at,))
    if known.since is not None and _was_calm(known, previous, now, policy):
        known = Flaps(begins=())
    begins = tuple(_recent((*known.begins, now), now, policy))
    is_flapping = known.since is not None or len(begins) >= policy.times
    return Flaps(begins=begins, since=(known.since or now) if is_flapping else None)


def held_until(flaps: Flaps | None, now: datetime, policy: FlappingPolicy) -> datetime | None:
    """Return until when an alert that fires is held; None when it may be told.

    The beginning that made it flapping is told. An alert that then fires without a break for the time of calm
    is told too.
    """
    if flaps is None or flaps.since is None or flaps.begins[-1] == flaps.since:
        return None
    until = flaps.begins[-1] + policy.calm
    return until if now < until else None


def written(flaps: Flaps) -> bytes:
    """Return the mark of some flaps."""
    since = flaps.since and flaps.since.timestamp()
    return json.dumps([[begin.timestamp() for begin in flaps.begins], since]).encode()


def read(mark: bytes) -> Flaps:
    """Read a mark that `written` made."""
    begins, since = json.loads(mark)
    return Flaps(begins=tuple(map(_instant, begins)), since=None if since is None else _instant(since))


def forgotten_before(now: datetime, policy: FlappingPolicy) -> datetime:
    """Return before when a mark must have been kept to be of no use any more.

    An episode may last; its mark is needed only while the alert could still be held.
    """
    return now - policy.within - policy.calm


def _was_calm(known: Flaps, previous: Alert, now: datetime, policy: FlappingPolicy) -> bool:
    ended = max(previous.ends_at, known.begins[-1])
    return max(ended - known.begins[-1], now - ended) >= policy.calm


def _recent(begins: Iterable[datetime], now: datetime, policy: FlappingPolicy) -> list[datetime]:
    return [begin for begin in begins if now - begin < policy.within][-policy.times :]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
