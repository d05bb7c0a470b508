"""Decide what a report under a sender's own key means, given what is remembered of that key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.alert import AlertReport

KEY_LABEL = "dedup_key"
SEVERITY_LABEL = "severity"
LEASE = timedelta(days=30)
"""How long an alert lives whose sender tells its end; if that end is lost, people see it this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an open alert of a key is known by here: its labels, and when it began."""

    labels: Mapping[str, str]
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The reports to take, in this order, and what is to be remembered of the key (None: nothing)."""

    reports: tuple[AlertReport, ...]
    remembered: Remembered | None


def settle(report: AlertReport, key: str, known: Remembered | None, now: datetime) -> Settled:
    """Give a report the labels its key began with, so that its end is the end of the same alert.

    The end of a key that is not open changes nothing. A severity that changes begins a second alert before
    the first one ends, so that the incident is rated anew and does not end in between.
    """
    if report.ends_at is not None and report.ends_at <= now:
        ended = () if known is None else (_ended(report, known, report.ends_at),)
        return Settled(reports=ended, remembered=None)
    report = replace(report, ends_at=report.ends_at or now + LEASE)
    if known is None:
        starts_at = min(report.starts_at or now, now)
        labels = {**report.labels, KEY_LABEL: key}
        return Settled(
            reports=(replace(report, labels=labels, starts_at=starts_at),),
            remembered=Remembered(labels=labels, starts_at=starts_at),
        )
    severity = report.labels.get(SEVERITY_LABEL, "")
    if not severity or severity == known.labels.get(SEVERITY_LABEL):
        return Settled(
            reports=(replace(report, labels=known.labels, starts_at=known.starts_at),), remembered=known
        )
    changed = Remembered(labels={**known.labels, SEVERITY_LABEL: severity}, starts_at=now)
    begun = replace(report, labels=changed.labels, starts_at=now)
    return Settled(reports=(begun, _ended(report, known, now)), remembered=changed)


def _ended(report: AlertReport, known: Remembered, at: datetime) -> AlertReport:
    """An end before the beginning, by a sender whose clock is behind, is the beginning."""
    return replace(report, labels=known.labels, starts_at=known.starts_at, ends_at=max(at, known.starts_at))


def written(remembered: Remembered) -> bytes:
    """Return what is remembered as bytes to be kept."""
    return json.dumps(
        {"labels": dict(remembered.labels), "starts_at": remembered.starts_at.isoformat()}
    ).encode()


def remembered_of(stored: bytes | None) -> Remembered | None:
    """Read back what `written` wrote, None for nothing."""
    if stored is None:
        return None
    found = json.loads(stored)
    return Remembered(labels=found["labels"], starts_at=datetime.fromisoformat(found["starts_at"]))
