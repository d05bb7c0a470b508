"""Who is on call, by every schedule now and by one for two weeks; what changes it, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from tocsin.app.schedules import GAPS_AHEAD, asker_of, changes_shifts, duty_of, time_of, unreachable_people
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, done, needs, page
from tocsin.console.refusals import RoleLacksPermission
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.domain.person import Permission
from tocsin.flow.duty import Duty
from tocsin.oncall.schedules.asking import Asker, Span, Wish
from tocsin.oncall.schedules.gaps import Gap
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import Shift

AHEAD = timedelta(days=14)
MOST_ROWS = 40
MOST_SCHEDULES = 30
_WORDS = {
    OverrideKind.ADD: "Beside the others",
    OverrideKind.REMOVE: "Off call",
    OverrideKind.REPLACE: "Cover",
    OverrideKind.SWAP: "Swap",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """An instant as a calendar and a clock on the wall of the schedule's zone show it."""

    at: datetime
    date: str
    day: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnNow:
    """One schedule and who is on call by it now."""

    name: str
    primary: str
    until: Wall | None
    zone: str
    secondary: str
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRow:
    """One shift to come."""

    start: Wall
    end: Wall
    name: str
    why: str
    is_mine: bool
    is_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One override or request as this person sees it."""

    override: Override
    words: str
    person: str
    instead_of: str
    start: Wall
    end: Wall
    waits: bool
    can_take: bool
    can_agree: bool
    can_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One gap."""

    start: Wall
    end: Wall
    minutes: int


def wall(at: datetime, zone: ZoneInfo) -> Wall:
    """Return what the wall of a zone shows: `2026-11-16`, `Mon` and `09:00`."""
    local = at.astimezone(zone)
    return Wall(at=at, date=f"{local:%Y-%m-%d}", day=f"{local:%a}", time=f"{local:%H:%M}")


@needs(Permission.READ)
def oncall(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the page; a form that was sent puts somebody on call or asks for cover."""
    app = current_app()
    duty = duty_of(app)
    if request.method == "POST":
        return _changed(request, viewer, duty)
    schedule = duty.schedules.get(request.GET.get("schedule", "")) or next(
        iter(duty.schedules.values()), None
    )
    context: dict[str, Any] = {
        "room": "oncall",
        "now_on": [_on_now(duty, one, viewer) for one in list(duty.schedules.values())[:MOST_SCHEDULES]],
        "more_schedules": len(list(duty.schedules)[MOST_SCHEDULES:]),
        "unreachable": unreachable_people(app),
        "schedule": schedule,
    }
    if schedule is not None:
        context |= _details(duty, schedule, viewer, app.clock.now())
    return page(request, viewer, "console/oncall.html", context)


@require_POST
@needs(Permission.RESPOND)
def take(request: HttpRequest, viewer: Viewer, override_id: UUID) -> HttpResponse:
    """Take a cover that was asked for."""
    taken = duty_of(current_app()).take_cover(override_id, viewer.username, _asker(viewer))
    return done(request, f"You cover until {taken.ends_at:%Y-%m-%d %H:%M} UTC.", _address(taken.schedule))


@require_POST
@needs(Permission.RESPOND)
def agree(request: HttpRequest, viewer: Viewer, override_id: UUID) -> HttpResponse:
    """Agree to a swap."""
    app = current_app()
    agreed = duty_of(app).agree(override_id, _asker(viewer))
    said = "The swap is agreed and counts."
    if not changes_shifts(app, agreed):
        said = "The swap is agreed, but as the schedule stands it changes nobody's shifts."
    return done(request, said, _address(agreed[0].schedule))


@require_POST
@needs(Permission.RESPOND)
def withdraw(request: HttpRequest, viewer: Viewer, override_id: UUID) -> HttpResponse:
    """Take back an override, a request or a swap."""
    first, *_ = duty_of(current_app()).withdraw(override_id, _asker(viewer))
    return done(request, "It is withdrawn; what was in force has ended.", _address(first.schedule))


def _changed(request: HttpRequest, viewer: Viewer, duty: Duty) -> HttpResponse:
    if not viewer.may_respond:
        raise RoleLacksPermission(viewer.role, Permission.RESPOND)
    typed = {name: str(text).strip() for name, text in request.POST.items()}
    schedule = duty.schedule(typed.get("schedule", ""))
    wants_cover = typed.get("do") == "cover"
    wish = Wish(
        schedule=schedule.name,
        kind=OverrideKind.REPLACE,
        span=Span(
            starts_at=time_of(typed.get("starts", ""), schedule.zone),
            ends_at=time_of(typed.get("ends", ""), schedule.zone),
        ),
        person=None if wants_cover else typed.get("person") or viewer.username,
        instead_of=typed.get("instead_of") or (viewer.username if wants_cover else None),
        reason=typed.get("reason", ""),
    )
    if wants_cover:
        duty.ask_cover(wish, _asker(viewer))
        return done(request, "Asked for cover; it waits until somebody takes it.", _address(schedule.name))
    made = duty.override(wish, _asker(viewer))
    who = schedule.called(made.person or "")
    words = f"{who} is on call until {wall(made.ends_at, schedule.zone).time} {schedule.zone.key}."
    return done(request, words, _address(schedule.name))


def _details(duty: Duty, schedule: Schedule, viewer: Viewer, now: datetime) -> dict[str, Any]:
    shifts = duty.whole_shifts(schedule.name, now, now + AHEAD)
    gaps = duty.gaps(schedule.name, now, now + GAPS_AHEAD)
    changes = [
        one
        for one in duty.overrides(now, now + GAPS_AHEAD, schedule.name)
        if one.state is not OverrideState.WITHDRAWN
    ]
    return {
        "shifts": [_shift(schedule, one, viewer) for one in shifts[:MOST_ROWS]],
        "more_shifts": len(shifts[MOST_ROWS:]),
        "changes": [_change(schedule, one, viewer, duty, changes) for one in changes[:MOST_ROWS]],
        "more_changes": len(changes[MOST_ROWS:]),
        "gaps": [_gap(schedule, one) for one in gaps[:MOST_ROWS]],
        "more_gaps": len(gaps[MOST_ROWS:]),
        "people": [(name, schedule.called(name)) for name in _people(duty, viewer)],
        "whose": [(name, schedule.called(name)) for name in duty.people],
        "starts": f"{now.astimezone(schedule.zone):%Y-%m-%dT%H:%M}",
        "ends": f"{(now + timedelta(hours=8)).astimezone(schedule.zone):%Y-%m-%dT%H:%M}",
    }


def _people(duty: Duty, viewer: Viewer) -> Sequence[str]:
    """Whom this viewer can put on call: everybody, or only themselves."""
    return tuple(duty.people) if viewer.may_command else tuple({viewer.username} & set(duty.people))


def _on_now(duty: Duty, schedule: Schedule, viewer: Viewer) -> OnNow:
    found = duty.now(schedule.name)
    return OnNow(
        name=schedule.name,
        primary=schedule.called(found.primary.person) if found.primary else "",
        until=wall(found.primary.until, schedule.zone) if found.primary else None,
        zone=schedule.zone.key,
        secondary=schedule.called(found.secondary.person) if found.secondary else "",
        is_mine=found.primary is not None and found.primary.person == viewer.username,
    )


def _shift(schedule: Schedule, shift: Shift, viewer: Viewer) -> ShiftRow:
    return ShiftRow(
        start=wall(shift.start, schedule.zone),
        end=wall(shift.end, schedule.zone),
        name=schedule.called(shift.person),
        why=shift.cause.text,
        is_mine=shift.person == viewer.username,
        is_changed=shift.cause.override_id is not None,
    )


def _change(
    schedule: Schedule, one: Override, viewer: Viewer, duty: Duty, all_changes: Sequence[Override]
) -> ChangeRow:
    waits = one.state is OverrideState.ASKED
    is_theirs = one.asked_by == viewer.username
    may = viewer.may_respond and viewer.username in duty.people
    others = [half.person for half in all_changes if one.swap_id and half.swap_id == one.swap_id]
    return ChangeRow(
        override=one,
        words=_WORDS[one.kind],
        person=schedule.called(one.person) if one.person else "",
        instead_of=schedule.called(one.instead_of) if one.instead_of else "",
        start=wall(one.starts_at, schedule.zone),
        end=wall(one.ends_at, schedule.zone),
        waits=waits,
        can_take=waits and may and one.swap_id is None and one.instead_of != viewer.username,
        can_agree=waits and may and viewer.username in others and not is_theirs,
        can_withdraw=viewer.may_command or (viewer.may_respond and is_theirs),
    )


def _gap(schedule: Schedule, gap: Gap) -> GapRow:
    return GapRow(start=wall(gap.start, schedule.zone), end=wall(gap.end, schedule.zone), minutes=gap.minutes)


def _asker(viewer: Viewer) -> Asker:
    return asker_of(current_app(), viewer.username, viewer.username, may_command=viewer.may_command)


def _address(schedule: str) -> str:
    query: Mapping[str, str] = {"schedule": schedule}
    return f"{reverse('oncall')}?{urlencode(query)}"
