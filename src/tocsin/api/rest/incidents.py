"""Incidents over REST: list, show, and everything a responder does to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from tocsin.api.rest.guard import Desk, desk
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Permission
from tocsin.domain.severity import Severity
from tocsin.incidents.lifecycle import allowed_move
from tocsin.incidents.record import r1_record

router = Router(tags=["incidents"])
VIA = "the API"
MOST_ROWS = 500
# No database counts further than this in an offset.
FURTHEST_ROW = 2**31 - 1


class IncidentOut(Schema):
    """One incident; times are ISO 8601 in UTC."""

    id: str
    incident_id: str
    title: str
    severity: Severity
    type: str
    status: Status
    commander: str | None
    drill: bool
    detected_at: datetime
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_clock: str | None
    next_clock_due_at: datetime | None


class IncidentList(Schema):
    """A list of incidents, newest first, and how many there are in all."""

    incidents: list[IncidentOut]
    total: int


class Note(Schema, extra="forbid"):
    """A line for the timeline."""

    text: str


class Move(Schema, extra="forbid"):
    """Where an incident goes, and why."""

    to: Status
    reason: str = ""


class Rating(Schema, extra="forbid"):
    """A new severity, and why."""

    severity: Severity
    reason: str = ""


class Assignment(Schema, extra="forbid"):
    """Who shall command."""

    to: str


@router.get("", response=IncidentList)
def listed(
    request: HttpRequest,
    status: Query[list[Status]] = [],  # noqa: B006  (ninja reads the default, nobody changes it)
    severity: Query[list[Severity]] = [],  # noqa: B006
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """List incidents, newest first."""
    seat = desk(request, Permission.READ)
    limit, offset = max(1, min(limit, MOST_ROWS)), max(0, min(offset, FURTHEST_ROW))
    with seat.app.store.reading() as shelves:
        found = shelves.incidents.listed(status, severity, limit, offset)
        total = shelves.incidents.count(status, severity)
    return {"incidents": [_out(incident) for incident in found], "total": total}


@router.get("/{name}", response=IncidentOut)
def shown(request: HttpRequest, name: str) -> dict[str, Any]:
    """Show one incident by `INC-n`."""
    return _out(find(desk(request, Permission.READ), name))


@router.get("/{name}/record")
def record(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return R1's incident record."""
    seat = desk(request, Permission.READ)
    incident = find(seat, name)
    with seat.app.store.reading() as shelves:
        return r1_record(incident, shelves.timeline.of_incident(incident.incident_id))


@router.get("/{name}/timeline")
def timeline(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return the incident's timeline, oldest first."""
    seat = desk(request, Permission.READ)
    incident = find(seat, name)
    with seat.app.store.reading() as shelves:
        entries = shelves.timeline.of_incident(incident.incident_id)
    return {
        "timeline": [
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "kind": entry.kind.value,
                "actor": entry.actor,
                "automated": entry.automated,
                "text": entry.text,
                "exhibit": f"EX-{entry.exhibit}" if entry.exhibit else None,
            }
            for entry in entries
        ]
    }


@router.post("/{name}/acknowledge", response=IncidentOut)
def acknowledge(request: HttpRequest, name: str) -> dict[str, Any]:
    """Acknowledge; the calls stop. Repeating it changes nothing."""
    seat = desk(request, Permission.RESPOND)
    return _out(seat.app.call.acknowledge(find(seat, name).incident_id, seat.actor, VIA))


@router.post("/{name}/escalate", response=IncidentOut)
def escalate(request: HttpRequest, name: str) -> dict[str, Any]:
    """Take the next step of the escalation now."""
    seat = desk(request, Permission.RESPOND)
    return _out(seat.app.call.escalate_now(find(seat, name).incident_id, seat.actor))


@router.post("/{name}/notes", response=IncidentOut)
def note(request: HttpRequest, name: str, body: Note) -> dict[str, Any]:
    """Write a line into the timeline."""
    seat = desk(request, Permission.RESPOND)
    return _out(seat.app.close.note(find(seat, name).incident_id, seat.actor, body.text))


@router.post("/{name}/move", response=IncidentOut)
def move(request: HttpRequest, name: str, body: Move) -> dict[str, Any]:
    """Move along R1's states."""
    seat = desk(request, Permission.RESPOND)
    incident = find(seat, name)
    desk(request, allowed_move(incident, body.to).permission)
    return _out(seat.app.close.move(incident.incident_id, body.to, seat.actor, body.reason))


@router.post("/{name}/severity", response=IncidentOut)
def rate(request: HttpRequest, name: str, body: Rating) -> dict[str, Any]:
    """Rate the incident anew."""
    seat = desk(request, Permission.COMMAND)
    incident = find(seat, name)
    return _out(seat.app.close.change_severity(incident.incident_id, body.severity, seat.actor, body.reason))


@router.post("/{name}/assign", response=IncidentOut)
def assign(request: HttpRequest, name: str, body: Assignment) -> dict[str, Any]:
    """Give the command to a person."""
    seat = desk(request, Permission.COMMAND)
    return _out(seat.app.close.assign(find(seat, name).incident_id, body.to, seat.actor))


def find(seat: Desk, name: str) -> Incident:
    """Return the incident of a short name. Raises `NotFound`."""
    number = name.upper().removeprefix("INC-")
    incident = None
    if number.isascii() and number.isdecimal() and len(number) <= 9:
        with seat.app.store.reading() as shelves:
            incident = shelves.incidents.by_number(int(number))
    if incident is None:
        raise NotFound(
            f"There is no incident {name[:40]}.",
            means="Nothing was changed or shown.",
            next_step="List the incidents there are with GET /api/v1/incidents.",
        )
    return incident


def _out(incident: Incident) -> dict[str, Any]:
    clock = incident.next_clock
    return {
        "id": incident.short_name,
        "incident_id": str(incident.incident_id),
        "title": incident.title,
        "severity": incident.severity,
        "type": incident.type,
        "status": incident.status,
        "commander": incident.commander,
        "drill": incident.drill,
        "detected_at": incident.detected_at,
        "opened_at": incident.opened_at,
        "acknowledged_at": incident.acknowledged_at,
        "acknowledged_by": incident.acknowledged_by,
        "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at,
        "next_clock": clock.kind.value if clock else None,
        "next_clock_due_at": clock.due_at if clock else None,
    }
