"""Schedules over REST: who is on call, shifts, gaps, load, overrides, cover, swaps and calendars."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from tocsin.api.doorkeeper import Caller
from tocsin.api.rest.guard import desk
from tocsin.app.calendar_feeds import CalendarFeeds
from tocsin.app.schedules import (
    GAPS_AHEAD,
    asker_of,
    calendar_of,
    duty_of,
    gap_record,
    id_of,
    load_record,
    loads_of,
    look_of,
    override_record,
    schedule_record,
    shift_record,
    time_of,
    unreachable_people,
)
from tocsin.app.wiring import App, current_app
from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Permission, allows
from tocsin.flow.duty import Duty
from tocsin.oncall.schedules.asking import Asker, Span, Wish

router = Router(tags=["schedules"])

CALENDAR = "text/calendar; charset=utf-8"


class Change(Schema, extra="forbid"):
    """A change for a while. Times are ISO 8601; without a zone they are local to the schedule."""

    starts_at: str
    ends_at: str
    kind: OverrideKind = OverrideKind.REPLACE
    person: str | None = None
    instead_of: str | None = None
    reason: str = Field(default="", max_length=500)


class Taking(Schema, extra="forbid"):
    """Who takes a cover."""

    person: str


@router.get("")
def listed(request: HttpRequest) -> dict[str, Any]:
    """List all schedules with who is on call now."""
    duty = duty_of(desk(request, Permission.READ).app)
    return {"schedules": [schedule_record(schedule, duty) for schedule in duty.schedules.values()]}


@router.get("/unreachable")
def unheard(request: HttpRequest) -> dict[str, Any]:
    """List everybody in a schedule whom nothing would reach."""
    found = unreachable_people(desk(request, Permission.READ).app)
    return {"unreachable": [{"person": person, "why": why} for person, why in found.items()]}


@router.get("/feeds/{key}.ics", auth=None)
def subscribed(request: HttpRequest, key: str) -> HttpResponse:
    """Give the calendar that a secret link opens; the link is the only thing it asks for."""
    app = current_app()
    found = CalendarFeeds(app.store, app.clock).opens(key)
    return _calendar(app, found.schedule, found.person)


@router.api_operation(["HEAD"], "/feeds/{key}.ics", auth=None, include_in_schema=False)
def looked_for(request: HttpRequest, key: str) -> HttpResponse:
    """Say whether a link opens a calendar; programs ask before they fetch it."""
    return subscribed(request, key)


@router.api_operation(["OPTIONS"], "/feeds/{key}.ics", auth=None, include_in_schema=False)
def methods(request: HttpRequest, key: str) -> HttpResponse:
    """Say what can be done with any link, whether or not it opens one."""
    return HttpResponse(status=204, headers={"Allow": "GET, HEAD, OPTIONS"})


@router.get("/{name}.ics")
def exported(request: HttpRequest, name: str, person: str = "") -> HttpResponse:
    """Give a schedule as a calendar (RFC 5545), or one person's shifts; a token as Bearer or as password."""
    return _calendar(desk(request, Permission.READ).app, name, person)


@router.get("/{name}")
def shown(request: HttpRequest, name: str) -> dict[str, Any]:
    """Show a schedule with who is on call now."""
    duty = duty_of(desk(request, Permission.READ).app)
    return schedule_record(duty.schedule(name), duty)


@router.get("/{name}/shifts")
def shifts(request: HttpRequest, name: str, start: str = "", days: int = 14) -> dict[str, Any]:
    """List the shifts that touch some days from `start` (now) on, each whole."""
    seat = desk(request, Permission.READ)
    duty = duty_of(seat.app)
    schedule = duty.schedule(name)
    begin = time_of(start, schedule.zone) if start else seat.app.clock.now()
    found = duty.whole_shifts(name, begin, begin + look_of(days))
    return {"shifts": [shift_record(schedule, shift) for shift in found]}


@router.get("/{name}/gaps")
def gaps(request: HttpRequest, name: str) -> dict[str, Any]:
    """List when nobody is on call within 30 days."""
    seat = desk(request, Permission.READ)
    duty, now = duty_of(seat.app), seat.app.clock.now()
    found = duty.gaps(name, now, now + GAPS_AHEAD)
    return {"gaps": [gap_record(duty.schedule(name), gap) for gap in found]}


@router.get("/{name}/fairness")
def load(request: HttpRequest, name: str, days: int = 90) -> dict[str, Any]:
    """List the load of each person over the last days."""
    seat = desk(request, Permission.READ)
    now = seat.app.clock.now()
    schedule = duty_of(seat.app).schedule(name)
    return {
        "load": [load_record(schedule, one) for one in loads_of(seat.app, name, now - look_of(days), now)]
    }


@router.get("/{name}/overrides")
def overrides(request: HttpRequest, name: str, days: int = 30) -> dict[str, Any]:
    """List overrides and requests that touch the next days."""
    seat = desk(request, Permission.READ)
    duty, now = duty_of(seat.app), seat.app.clock.now()
    found = duty.overrides(now, now + look_of(days), duty.schedule(name).name)
    return {"overrides": [override_record(one) for one in found]}


@router.post("/{name}/overrides")
def override(request: HttpRequest, name: str, wanted: Change) -> dict[str, Any]:
    """Change a schedule for a while; putting others on call needs the permission to command."""
    duty, asker = _asker(request)
    return override_record(duty.override(_wish(duty, name, wanted), asker))


@router.post("/{name}/covers")
def ask_cover(request: HttpRequest, name: str, wanted: Change) -> dict[str, Any]:
    """Ask for cover for `instead_of`."""
    duty, asker = _asker(request)
    return override_record(duty.ask_cover(_wish(duty, name, wanted), asker))


@router.post("/{name}/covers/{override_id}/take")
def take_cover(request: HttpRequest, name: str, override_id: str, taking: Taking) -> dict[str, Any]:
    """Let a person take a cover that was asked for."""
    duty, asker = _asker(request)
    return override_record(duty.take_cover(id_of(override_id), taking.person, asker))


@router.delete("/{name}/overrides/{override_id}")
def withdraw(request: HttpRequest, name: str, override_id: str) -> dict[str, Any]:
    """Withdraw an override or a request; what is in force ends now."""
    duty, asker = _asker(request)
    return {"overrides": [override_record(one) for one in duty.withdraw(id_of(override_id), asker)]}


def _asker(request: HttpRequest) -> tuple[Duty, Asker]:
    """A token is nobody who could be on call: it acts by its role alone."""
    seat = desk(request, Permission.RESPOND)
    caller = getattr(request, "auth", None)
    may_command = isinstance(caller, Caller) and allows(caller.role, Permission.COMMAND)
    return duty_of(seat.app), asker_of(seat.app, seat.actor, None, may_command=may_command)


def _wish(duty: Duty, name: str, wanted: Change) -> Wish:
    zone = duty.schedule(name).zone
    return Wish(
        schedule=name,
        kind=wanted.kind,
        span=Span(starts_at=time_of(wanted.starts_at, zone), ends_at=time_of(wanted.ends_at, zone)),
        person=wanted.person,
        instead_of=wanted.instead_of,
        reason=wanted.reason,
    )


def _calendar(app: App, name: str, person: str) -> HttpResponse:
    response = HttpResponse(calendar_of(app, name, person), content_type=CALENDAR)
    response["Cache-Control"] = "private, no-store"
    return response
