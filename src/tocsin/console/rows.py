"""The one incident row, the same on every list, and what an incident waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.console.gate import Viewer
from tocsin.domain.incident import ClockKind, Incident, IncidentClock, Status
from tocsin.oncall.answers import Answers

_BY_CLOCK: dict[ClockKind, str] = {
    ClockKind.ACKNOWLEDGE: "Acknowledge",
    ClockKind.ENGAGE: "Engage",
    ClockKind.ESCALATE: "Escalate",
    ClockKind.REVIEW: "Review",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list of incidents. `can_acknowledge` says whether the row carries that button."""

    incident: Incident
    status: str
    waits_for: str
    clock: IncidentClock | None
    owner: str
    can_acknowledge: bool


def row_of(incident: Incident, viewer: Viewer, answers: Answers | None = None) -> Row:
    """Return the incident's row as this person sees it; `answers` are who has acknowledged, if known."""
    unanswered = incident.status.is_active and incident.acknowledged_at is None
    if answers is not None and incident.status.is_active and answers.still_needed:
        unanswered = viewer.username not in answers.by
    return Row(
        incident=incident,
        status=incident.status.value.capitalize(),
        waits_for=waits_for(incident),
        clock=open_clock(incident),
        owner=incident.commander or incident.acknowledged_by or "",
        can_acknowledge=unanswered and viewer.may_respond,
    )


def open_clock(incident: Incident) -> IncidentClock | None:
    """Return the unmet clock that is or was due first; one that was missed stays in view until it is met.

    Once work has ended only the review's clocks count.
    """
    unmet = [
        clock
        for clock in incident.clocks
        if clock.met_at is None and (incident.status.is_active or clock.kind is ClockKind.REVIEW)
    ]
    if incident.status is Status.CLOSED:
        return None
    return min(unmet, key=lambda clock: clock.due_at, default=None)


def waits_for(incident: Incident) -> str:
    """Say in a word what the incident waits for; empty when it waits for nothing."""
    if incident.status is Status.CLOSED:
        return ""
    if incident.status.is_active and incident.acknowledged_at is None:
        return "Acknowledge"
    clock = open_clock(incident)
    if clock is not None:
        return _BY_CLOCK[clock.kind]
    if not incident.status.is_active:
        return ""
    return "Work" if incident.commander else "An owner"


def waits_for_viewer(incident: Incident, viewer: Viewer) -> bool:
    """Say whether it is this person's turn: they command it, or nobody answered it or commands it."""
    if not viewer.may_respond or not waits_for(incident):
        return False
    if incident.status.is_active and incident.acknowledged_at is None:
        return True
    return incident.commander in (None, viewer.username)


def by_clock(incident: Incident) -> tuple[int, datetime, str]:
    """Sort by the next deadline; those without one come after, the worst and oldest first."""
    clock = open_clock(incident)
    if clock is not None:
        return (0, clock.due_at, incident.severity.value)
    return (1 + int(incident.severity.value[1]), incident.opened_at, incident.severity.value)
