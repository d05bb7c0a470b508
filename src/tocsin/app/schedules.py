"""Schedules as people ask about them over REST, the console or the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tocsin.app.calendar_files import OnFirstUse, written
from tocsin.app.readying import ready_of
from tocsin.app.wiring import App
from tocsin.domain.errors import NotFound
from tocsin.domain.local_time import ZONE_DATA_VERSION, instant
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.duty import Duty
from tocsin.flow.outlook import Outlook
from tocsin.oncall.people import INBOX
from tocsin.oncall.schedules.asking import Asker, Known, OverrideRefused, Span, Wish, overridden
from tocsin.oncall.schedules.duty import Turn
from tocsin.oncall.schedules.fairness import Load, fairness
from tocsin.oncall.schedules.gaps import Gap
from tocsin.oncall.schedules.schedule import FixedLayer, Layer, Schedule
from tocsin.oncall.schedules.shifts import Shift, shifts

FEED_BEHIND, FEED_AHEAD = timedelta(days=30), timedelta(days=180)
GAPS_AHEAD = timedelta(days=30)
MAX_IMPORTED = 500
LONGEST_LOOK = timedelta(days=5 * 366)
YEARS = range(1971, 2200)
"""Times are read in these years only, so that looking around them stays within what a clock can say."""


def duty_of(app: App) -> Duty:
    """Return the chapter of who is on call."""
    roster = app.policies.roster
    return Duty(app.store, app.clock, roster.schedules, roster.people)


def outlook_of(app: App) -> Outlook:
    """Return what looks ahead at the schedules."""
    return Outlook(app.store, app.clock, app.take, app.policies.roster.schedules, partial(unreachable, app))


def unreachable(app: App, shelves: Shelves) -> Callable[[str], str]:
    """Return what says why nothing would reach a person, "" where something would.

    The Inbox alone reaches nobody at night; where no other channel is set up at all it is what people use.
    As soon as anybody has confirmed a test message, everybody is expected to.
    """
    people = app.policies.roster.people
    ready = set(app.channels) - {INBOX} or {INBOX}
    verified = {each.person for each in ready_of(app).standing(shelves) if each.is_verified}

    def why(username: str) -> str:
        person = people.get(username)
        if person is None or not person.contacts:
            return f"has no contact in {app.policies.roster.path}"
        if not any(contact.channel in ready for contact in person.contacts):
            return "has no channel that is set up here and reaches somebody who is not looking"
        if verified and username not in verified:
            return "has confirmed no test message, as others did"
        return ""

    return why


def asker_of(app: App, name: str, person: str | None, *, may_command: bool) -> Asker:
    """Return who acts; a username counts as a person only if the on-call file has it."""
    known = person if person in app.policies.roster.people else None
    return Asker(name=name, person=known, may_command=may_command)


def calendar_of(app: App, name: str, person: str = "") -> bytes:
    """Return a schedule as a calendar, or only one person's shifts of it. Raises `NotFound`."""
    duty, now = duty_of(app), app.clock.now()
    if person and person not in duty.people:
        raise NotFound(
            f"There is nobody {person[:80]!r} in the on-call file.",
            means="Nothing was shown.",
            next_step="Correct the name, or leave it out for everybody's shifts.",
        )
    found = duty.whole_shifts(name, now - FEED_BEHIND, now + FEED_AHEAD)
    mine = [shift for shift in found if person in ("", shift.person)]
    return written(duty.schedule(name), mine, now)


def loads_of(app: App, name: str, start: datetime, end: datetime) -> tuple[Load, ...]:
    """Return the load of each person between two instants. Raises `NotFound`.

    Holidays are those of the calendar that has the schedule's name, or else of `default`, if there is one.
    """
    duty = duty_of(app)
    schedule = duty.schedule(name)
    calendars = app.policies.roster.calendars
    calendar = calendars.get(name) or calendars.get("default")
    with app.store.reading() as shelves:
        called = shelves.pages.called_between(start, end)
    pages = {person: count for person, count in called.items() if person in schedule.people}
    holidays = calendar.holidays if calendar else frozenset()
    return fairness(duty.shifts(name, start, end), schedule.zone, holidays, pages)


def time_of(text: str, zone: ZoneInfo) -> datetime:
    """Read an ISO 8601 time; one without a zone is local to the schedule's. Raises `OverrideRefused`."""
    try:
        read = datetime.fromisoformat(text.strip())
        at = read.astimezone(UTC) if read.tzinfo else instant(read.date(), read.time(), zone)
        if at.year not in YEARS:
            raise ValueError(f"{at.year} is no year of a schedule")
        return at
    except (ValueError, OverflowError) as error:
        raise OverrideRefused(
            f"{text[:40]!r} is not a time of a schedule.",
            means="Nothing was shown or changed.",
            next_step="Write it as 2026-11-20T18:00, local to the schedule, or with Z or an offset.",
        ) from error


def changes_shifts(app: App, halves: Sequence[Override]) -> bool:
    """Say whether a swap changes who is on call at any time, as the schedule stands, once it counts."""
    duty, ids = duty_of(app), {half.override_id for half in halves}
    counted = [replace(half, state=OverrideState.TAKEN, created_at=app.clock.now()) for half in halves]
    for half in halves:
        schedule, span = duty.schedule(half.schedule), (half.starts_at, half.ends_at)
        others = [one for one in duty.overrides(*span, half.schedule) if one.override_id not in ids]
        if _people_at(shifts(schedule, others, *span)) != _people_at(
            shifts(schedule, [*others, *counted], *span)
        ):
            return True
    return False


def _people_at(found: Iterable[Shift]) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return when each person is on call; shifts that touch are one, whatever their causes."""
    times: dict[str, list[tuple[datetime, datetime]]] = {}
    for shift in found:
        mine = times.setdefault(shift.person, [])
        touches = bool(mine) and shift.start <= mine[-1][1]
        begins, ends = mine.pop() if touches else (shift.start, shift.end)
        mine.append((begins, max(ends, shift.end)))
    return times


def look_of(days: int) -> timedelta:
    """Return so many days, at least one and at most five years."""
    return timedelta(days=max(1, min(days, LONGEST_LOOK.days)))


def id_of(text: str) -> UUID:
    """Read the id of an override. Raises `NotFound`."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(
            f"{text[:60]!r} is not the id of an override.",
            means="Nothing was changed.",
            next_step="Copy the id from `tocsin schedule show`.",
        ) from error


def schedule_record(schedule: Schedule, duty: Duty) -> dict[str, Any]:
    """Return a schedule and who is on call by it now."""
    now = duty.now(schedule.name)
    return {
        "name": schedule.name,
        "zone": schedule.zone.key,
        "zone_data": ZONE_DATA_VERSION,
        "layers": [_layer(layer) for layer in schedule.layers],
        "people": list(schedule.people),
        "backup": schedule.backup.name if schedule.backup else None,
        "primary": turn_record(schedule, now.primary),
        "secondary": turn_record(schedule, now.secondary),
        "everybody": [turn_record(schedule, turn) for turn in now.everybody],
    }


def turn_record(schedule: Schedule, turn: Turn | None) -> dict[str, Any] | None:
    """Return one turn; None where there is nobody."""
    if turn is None:
        return None
    return {
        "person": turn.person,
        "name": schedule.called(turn.person),
        "until": _iso(turn.until),
        "why": turn.why,
    }


def shift_record(schedule: Schedule, shift: Shift) -> dict[str, Any]:
    """Return one shift with its cause."""
    return {
        "start": _iso(shift.start),
        "end": _iso(shift.end),
        "person": shift.person,
        "name": schedule.called(shift.person),
        "cause": shift.cause.kind.value,
        "why": shift.cause.text,
    }


def override_record(one: Override) -> dict[str, Any]:
    """Return one override or request."""
    return {
        "id": str(one.override_id),
        "schedule": one.schedule,
        "kind": one.kind.value,
        "state": one.state.value,
        "starts_at": _iso(one.starts_at),
        "ends_at": _iso(one.ends_at),
        "person": one.person,
        "instead_of": one.instead_of,
        "asked_by": one.asked_by,
        "reason": one.reason,
        "swap": str(one.swap_id) if one.swap_id else None,
    }


def gap_record(schedule: Schedule, gap: Gap) -> dict[str, Any]:
    """Return one gap."""
    return {
        "schedule": schedule.name,
        "start": _iso(gap.start),
        "end": _iso(gap.end),
        "minutes": gap.minutes,
    }


def load_record(schedule: Schedule, load: Load) -> dict[str, Any]:
    """Return one person's load."""
    return {
        "person": load.person,
        "name": schedule.called(load.person),
        "shifts": load.shifts,
        "hours": load.hours,
        "night_hours": load.night_hours,
        "weekend_hours": load.weekend_hours,
        "holiday_hours": load.holiday_hours,
        "pages": load.pages,
    }


def unreachable_people(app: App) -> Mapping[str, str]:
    """Return everybody in a schedule whom nothing would reach, and why."""
    with app.store.reading() as shelves:
        why = unreachable(app, shelves)
    everybody = dict.fromkeys(
        person for schedule in app.policies.roster.schedules.values() for person in schedule.people
    )
    return {person: said for person in everybody if (said := why(person))}


def _layer(layer: Layer | FixedLayer) -> dict[str, Any]:
    if isinstance(layer, FixedLayer):
        return {"name": layer.name, "turns": len(layer.turns)}
    return {
        "name": layer.name,
        "zone": layer.zone.key,
        "rotation": layer.rotation.value,
        "every": layer.every,
        "handover": f"{layer.handover:%H:%M}",
        "starts": layer.starts.isoformat(),
        "ends": layer.ends.isoformat() if layer.ends else None,
        "people": list(layer.people),
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What a calendar file gave: the turns as records, and the names of events that name nobody."""

    records: tuple[dict[str, Any], ...]
    unknown: tuple[str, ...]


def import_calendar(
    app: App, name: str, content: bytes, ahead: timedelta, asker: Asker, *, only_look: bool
) -> TakenOver:
    """Make an override of each turn to come that a calendar file holds; of two that overlap the later wins.

    Raises `CalendarRefused`, `OverrideRefused`, `NotFound`.
    """
    duty, now = duty_of(app), app.clock.now()
    schedule = duty.schedule(name)
    read = OnFirstUse(content).turns(duty.people, schedule.zone, now, now + ahead)
    turns = [turn for turn in read.layer(name).turns if turn.end > now]
    if len(turns) > MAX_IMPORTED:
        raise OverrideRefused(
            f"The calendar has {len(turns)} turns to come, more than {MAX_IMPORTED}.",
            means="The schedule is as it was.",
            next_step="Take over fewer days at once.",
        )
    for turn in () if only_look else turns:
        span = Span(starts_at=turn.start, ends_at=turn.end)
        wish = Wish(
            schedule=name, kind=OverrideKind.REPLACE, span=span, person=turn.person, reason="calendar"
        )
        duty.override(wish, asker)
    records = [{"start": _iso(one.start), "end": _iso(one.end), "person": one.person} for one in turns]
    return TakenOver(records=tuple(records), unknown=read.unknown)


def preview(app: App, wish: Wish, asker: Asker) -> tuple[Shift, ...]:
    """Return the shifts of the wish's time as they would be. Raises `OverrideRefused`, `NotFound`."""
    duty, now = duty_of(app), app.clock.now()
    known = Known(schedules=duty.schedules, people=duty.people)
    made = overridden(wish, asker, known, now, uuid4())
    there = duty.overrides(made.starts_at, made.ends_at, wish.schedule)
    return shifts(duty.schedule(wish.schedule), (*there, made), made.starts_at, made.ends_at)
