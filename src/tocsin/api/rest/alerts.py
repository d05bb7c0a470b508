"""Alerts over REST: list, show, and why each person was paged for one or was not."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from tocsin.api.rest.guard import desk
from tocsin.app.why import alert_named, why
from tocsin.app.why_record import SCHEMA, alert_record, iso, record_of
from tocsin.domain.alert import AlertFilter, AlertStatus
from tocsin.domain.person import Permission

router = Router(tags=["alerts"])
MOST_ROWS = 500
# No database counts further than this in an offset.
FURTHEST_ROW = 2**31 - 1

Status = Literal["", "firing", "muted", "resolved"]


@router.get("")
def listed(
    request: HttpRequest,
    status: Status = "",
    text: str = "",
    source: str = "",
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """List alerts: those that fire, those that are muted, those that are over; each newest first."""
    app = desk(request, Permission.READ).app
    now = app.clock.now()
    wanted = AlertFilter(
        status=AlertStatus(status) if status else None, text=text.strip()[:200], source=source[:200]
    )
    limit, offset = max(1, min(limit, MOST_ROWS)), max(0, min(offset, FURTHEST_ROW))
    with app.store.reading() as shelves:
        found = shelves.alerts.listed(wanted, now, limit, offset)
        total = shelves.alerts.count(wanted, now)
        ids = {each.incident_id for each in found if each.incident_id}
        incidents = {each: shelves.incidents.get(each) for each in ids}
    names = {each: incident.short_name for each, incident in incidents.items() if incident}
    rows = [
        alert_record(each, now, names.get(each.incident_id, "") if each.incident_id else "") for each in found
    ]
    return {"alerts": rows, "total": total}


@router.get("/{name}")
def shown(request: HttpRequest, name: str) -> dict[str, Any]:
    """Show one alert by `ALR-n` with its labels, its story and its raw records."""
    app = desk(request, Permission.READ).app
    now = app.clock.now()
    with app.store.reading() as shelves:
        alert = alert_named(shelves, name)
        incident = shelves.incidents.get(alert.incident_id) if alert.incident_id else None
        story = shelves.alerts.story(alert.number)
    return {
        **alert_record(alert, now, incident.short_name if incident else ""),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "generator_url": alert.generator_url,
        "story": [{"at": iso(line.at), "kind": line.kind.value, "text": line.text} for line in story],
        "evidence": list(alert.evidence),
    }


@router.get("/{name}/why")
def answered(request: HttpRequest, name: str, person: str = "") -> dict[str, Any]:
    """Say why a person, or (without one) everybody concerned, was paged for an alert or was not."""
    app = desk(request, Permission.READ).app
    with app.store.reading() as shelves:
        alert = alert_named(shelves, name)
    return {"schema": SCHEMA, **record_of(why(app, alert, person[:200]), app.clock.now())}
