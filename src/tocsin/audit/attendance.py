"""Whether the witnesses still come: which head they last saw, and since when one waits for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tocsin.audit.policy import Cosigned
from tocsin.audit.sealing import QUORUM_WITHIN
from tocsin.domain.alert import AlertReport
from tocsin.domain.severity import Severity

ALERTNAME = "CosignatureLate"
SOURCE = "log"
LEASE = timedelta(days=7)
"""The alarm ends when the quorum is back, not because we were down meanwhile."""
RENEWED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """What is remembered: `size` and `cosigned_at` are of the last head that a quorum cosigned.

    `cosigned_at` is by the witnesses' clocks: when the last of the quorum signed. `waiting_since` is when the
    oldest head was signed that none has seen; `told_at` when the alarm was raised or renewed.
    """

    size: int = 0
    cosigned_at: datetime | None = None
    waiting_since: datetime | None = None
    told_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Say whether a head has waited for its quorum for 60 s."""
        return self.waiting_since is not None and now - self.waiting_since >= QUORUM_WITHIN


def attended(
    known: Attendance, found: Cosigned, signed_at: datetime, now: datetime
) -> tuple[Attendance, AlertReport | None]:
    """Look at the log's last head, signed at `signed_at`; return what is remembered, and what is reported."""
    if found.is_quorate:
        came = Attendance(size=found.head.size, cosigned_at=_last_time(found.times_s))
        return came, None if known.told_at is None else _report(known, found, ends_at=now)
    waiting = replace(known, waiting_since=known.waiting_since or signed_at)
    is_told = known.told_at is not None and now - known.told_at < RENEWED_AFTER
    if is_told or not waiting.is_late(now):
        return waiting, None
    told = replace(waiting, told_at=now)
    return told, _report(told, found, ends_at=now + LEASE)


def written(attendance: Attendance) -> bytes:
    """Return it as it is stored."""
    times = (attendance.cosigned_at, attendance.waiting_since, attendance.told_at)
    return json.dumps([attendance.size, *(at and at.isoformat() for at in times)]).encode("ascii")


def attendance_of(stored: bytes | None) -> Attendance:
    """Read what is stored; nothing, or what is damaged, remembers nothing."""
    try:
        size, *times = json.loads(stored or b"")
        cosigned_at, waiting_since, told_at = (at and datetime.fromisoformat(at) for at in times)
        return Attendance(
            size=int(size), cosigned_at=cosigned_at, waiting_since=waiting_since, told_at=told_at
        )
    except (ValueError, TypeError):
        return Attendance()


def _last_time(times_s: Mapping[str, int]) -> datetime | None:
    """Return when the last witness signed; a time beyond all calendars is none."""
    try:
        return datetime.fromtimestamp(max(times_s.values()), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _report(attendance: Attendance, found: Cosigned, *, ends_at: datetime) -> AlertReport:
    last = attendance.cosigned_at
    seen = "never" if last is None else f"{last:%Y-%m-%d %H:%M:%S} UTC, at size {attendance.size}"
    return AlertReport(
        source=SOURCE,
        labels={
            "alertname": ALERTNAME,
            "log": found.head.origin,
            "severity": Severity.P2.word.lower(),
            "incident_type": "service-degradation",
        },
        annotations={
            "summary": "The log's head has waited for its witnesses for more than a minute",
            "description": (
                f"A quorum last cosigned {seen}. Exhibits are sealed by our own signature alone meanwhile, "
                "and marked as awaiting cosignature."
            ),
        },
        starts_at=attendance.waiting_since,
        ends_at=ends_at,
    )
