"""Decide whether an alert opens an incident, joins one, or is only recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.severity import Severity
from tocsin.triage.classify import Classified

MISSED_WINDOW = timedelta(minutes=15)
"""A P1 that was over before we heard of it still calls when it ended no longer ago than this (Prometheus
repeats a resolved alert for 15 minutes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open a new incident."""

    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Join the open incident; `raise_to` is its new, worse severity, or None."""

    raise_to: Severity | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOnly:
    """Keep the alert without an incident."""

    reason: str


Decision = Open | Join | RecordOnly


def decide(incident: Incident | None, classified: Classified, alert: Alert, now: datetime) -> Decision:
    """Decide for an alert of a group whose active incident is given (None: it has none)."""
    severity = classified.severity
    if severity is None:
        return RecordOnly(reason="It is informational (severity none), so no incident is opened.")
    if incident is not None and incident.status.is_active:
        return _join(incident, severity)
    if alert.incident_id is not None:
        return RecordOnly(reason="Its incident has ended, and this is still the same episode.")
    if alert.is_resolved(now) and not (severity is Severity.P1 and now - alert.ends_at <= MISSED_WINDOW):
        return RecordOnly(reason="It was over before it was reported, so nobody is called.")
    return Open(severity=severity, reason=f"No incident of the group {classified.group_key} is active.")


def _join(incident: Incident, severity: Severity) -> Join:
    if severity.is_worse_than(incident.severity):
        return Join(
            raise_to=severity,
            reason=f"{incident.short_name} of the same group is active; it rises to {severity.label}.",
        )
    return Join(raise_to=None, reason=f"{incident.short_name} of the same group is active.")
