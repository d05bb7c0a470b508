"""Decide whether an integration is told of a group now, from what it was last told: Alertmanager's dedup."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.domain.alert import Alert
from tocsin.domain.notification import Integration, Notified


class Reason(StrEnum):
    """Why an integration is told, or why it is not; each reads as the end of a sentence."""

    FIRST = "it was never told of this group"
    NEW_FIRING = "an alert fires that it was not told of"
    ALL_RESOLVED = "everything it was told of is resolved"
    NEWLY_RESOLVED = "an alert it was told of is resolved"
    REPEATED = "the repeat interval has passed"
    NEVER_FIRED = "nothing fires and it was never told that anything did"
    NOTHING_FIRES = "nothing fires and it knows"
    UNCHANGED = "nothing changed and the repeat interval has not passed"
    RESOLVED_UNSENT = "only resolutions are to be told and it wants none (send_resolved: false)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Send now, then record. `fingerprints` are the alerts to send: resolved ones only if it wants them."""

    why: Reason
    fingerprints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Send nothing but record as if it had been sent, so that the next firing alert is told."""

    why: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Send nothing and leave the record of the last notification as it is."""

    why: Reason


Decision = Tell | Record | Keep


def decide(
    integration: Integration,
    last: Notified | None,
    firing: Collection[str],
    resolved: Collection[str],
    now: datetime,
    repeat_interval: timedelta,
) -> Decision:
    """Decide for one integration; `firing` and `resolved` are fingerprints after all mute stages.

    `now` is the time of the flush's tick. What does not change is told again at the first tick that is
    `repeat_interval` or more after the last; upstream compares with the moment after the send, and so is a
    whole group interval late where the repeat interval is a multiple of it.
    """
    why = _why(integration, last, frozenset(firing), frozenset(resolved), now - repeat_interval)
    if why in _QUIET:
        return Keep(why=why)
    told = (*firing, *resolved) if integration.send_resolved else tuple(firing)
    if not told:
        return Record(why=Reason.RESOLVED_UNSENT)
    return Tell(why=why, fingerprints=told)


def notified(
    group_id: str,
    integration: Integration,
    firing: Iterable[str],
    resolved: Iterable[str],
    at: datetime,
) -> Notified:
    """Return what to keep once a `Tell` was sent, or for a `Record`; `at` is when it was sent."""
    return Notified(
        group_id=group_id,
        receiver=integration.receiver,
        integration=integration.name,
        firing=tuple(sorted(firing)),
        resolved=tuple(sorted(resolved)),
        at=at,
    )


def leaving(flushed: Iterable[Alert], current: Mapping[str, Alert], now: datetime) -> tuple[str, ...]:
    """Return the fingerprints that leave the group after a flush that every integration got through.

    `flushed` are the alerts as they were at the flush, `current` as they are now: a resolved alert leaves
    unless it has been reported again meanwhile.
    """
    return tuple(
        alert.fingerprint
        for alert in flushed
        if alert.is_resolved(now)
        and (known := current.get(alert.fingerprint)) is not None
        and known.updated_at == alert.updated_at
    )


_QUIET = frozenset((Reason.NEVER_FIRED, Reason.NOTHING_FIRES, Reason.UNCHANGED))


def _why(
    integration: Integration,
    last: Notified | None,
    firing: frozenset[str],
    resolved: frozenset[str],
    repeat_before: datetime,
) -> Reason:
    if last is None:
        return Reason.FIRST if firing else Reason.NEVER_FIRED
    if not firing <= set(last.firing):
        return Reason.NEW_FIRING
    if not firing:
        return Reason.ALL_RESOLVED if last.firing else Reason.NOTHING_FIRES
    if integration.send_resolved and not resolved <= set(last.resolved):
        return Reason.NEWLY_RESOLVED
    return Reason.REPEATED if last.at <= repeat_before else Reason.UNCHANGED
