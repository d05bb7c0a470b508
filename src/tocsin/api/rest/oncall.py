"""Who can be reached by what over REST, test messages, and rehearsals of the on-call file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime

from tocsin.api.rest.guard import desk
from tocsin.app.readying import played_record, readiness_records, ready_of
from tocsin.domain.person import Permission
from tocsin.domain.severity import Severity
from tocsin.oncall.rehearsal import Occasion, rehearse

router = Router(tags=["on call"])


class TestWanted(Schema, extra="forbid"):
    """Whom to send test messages; empty for everybody in the on-call file."""

    person: str = ""


class OccasionGiven(Schema, extra="forbid"):
    """What would open an incident: the alert's labels and our verdict about it. `at` None is now."""

    labels: dict[str, str] = {}
    severity: Severity
    type: str = "unknown"
    source: str = ""
    at: AwareDatetime | None = None
    acknowledged_after_s: float | None = None


@router.get("/ready")
def standing(request: HttpRequest) -> dict[str, Any]:
    """List who can be reached by what, and when each contact was last confirmed; no address is shown."""
    app = desk(request, Permission.READ).app
    return {"contacts": readiness_records(app)}


@router.post("/test")
def test(request: HttpRequest, body: TestWanted) -> dict[str, Any]:
    """Send a test message to each contact of a person or of everybody; its link confirms it."""
    seat = desk(request, Permission.RESPOND)
    sent = ready_of(seat.app).test(seat.actor, body.person)
    return {"sent": [{"person": each.person, "channel": each.contact.channel} for each in sent]}


@router.post("/rehearse")
def rehearsal(request: HttpRequest, body: OccasionGiven) -> dict[str, Any]:
    """Say who would be called when, by what, and why, without calling anybody."""
    app = desk(request, Permission.READ).app
    at: datetime = body.at.astimezone(UTC) if body.at else app.clock.now()
    after = None if body.acknowledged_after_s is None else timedelta(seconds=body.acknowledged_after_s)
    with app.store.reading() as shelves:
        overrides = shelves.overrides.between(at, at + timedelta(days=31))
    occasion = Occasion(
        labels=body.labels,
        severity=body.severity,
        at=at,
        type=body.type,
        source=body.source,
        acknowledged_after=after,
        overrides=overrides,
    )
    return played_record(rehearse(app.policies.roster, occasion))
