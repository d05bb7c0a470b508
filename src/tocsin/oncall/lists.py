"""Write the lists that come by the calendar, and what the next person on call is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.domain.incident import Incident
from tocsin.domain.local_time import instant
from tocsin.domain.override import Override
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.notices import Digest, Every
from tocsin.oncall.policies import TargetKind
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import Turn, on_duty
from tocsin.oncall.schedules.schedule import Schedule

MOST_LISTED = 12
_BY_SCHEDULE = (TargetKind.PRIMARY, TargetKind.SECONDARY)


def latest(digest: Digest, now: datetime) -> datetime:
    """Return when the list was due last, at `now` or before."""
    day = now.astimezone(digest.zone).date()
    if digest.every is Every.WEEK:
        day -= timedelta(days=(day.weekday() - digest.day) % 7)
    elif day.day < digest.day:
        day = (day.replace(day=1) - timedelta(days=1)).replace(day=digest.day)
    else:
        day = day.replace(day=digest.day)
    at = instant(day, digest.at, digest.zone)
    if at <= now:
        return at
    earlier = timedelta(days=7) if digest.every is Every.WEEK else timedelta(days=day.day)
    before = day - earlier
    if digest.every is Every.MONTH:
        before = before.replace(day=digest.day)
    return instant(before, digest.at, digest.zone)


def incidents_text(severities: frozenset[Severity], incidents: Sequence[Incident], since: datetime) -> str:
    """Return the list of incidents that opened since an instant, and of older ones that are still open."""
    named = ", ".join(sorted(severities))
    new = [each for each in incidents if each.opened_at >= since]
    old = [each for each in incidents if each.opened_at < since and each.status.is_active]
    lines = [f"{len(new)} incidents of {named} since {since:%Y-%m-%d}, {len(old)} older ones are still open."]
    return "\n".join((*lines, *_rows((*old, *new))))


def belongs(roster: Roster, incident: Incident, schedule: str) -> bool:
    """Say whether an incident's policy calls somebody by a schedule."""
    steps = roster.policy(incident.policy).of(incident.severity)
    return any(
        target.kind in _BY_SCHEDULE and target.name == schedule for step in steps for target in step.page
    )


def taken_over(
    schedule: Schedule, overrides: Sequence[Override], before: datetime, now: datetime
) -> Turn | None:
    """Return who is primary now if it was somebody else before, None without such a change."""
    was, turn = on_duty(schedule, overrides, before).primary, on_duty(schedule, overrides, now).primary
    if turn is None or was is None or turn.person == was.person:
        return None
    return turn


def handover_text(schedule: Schedule, turn: Turn, incidents: Sequence[Incident]) -> str:
    """Return what the next person is told: until when, and what is open."""
    until = turn.until.astimezone(schedule.zone)
    lines = [
        f"You are primary on call by the schedule {schedule.name} until {until:%Y-%m-%d %H:%M} "
        f"{schedule.zone.key}. {len(incidents)} incidents are open:"
    ]
    return "\n".join((*lines, *_rows(incidents)))


def quiet_contact(roster: Roster, person: str, interrupts: frozenset[str]) -> Contact | None:
    """Return the first contact of a person that is no phone, None if there is none."""
    known = roster.people.get(person)
    contacts = known.contacts if known else ()
    return next((contact for contact in contacts if contact.channel not in interrupts), None)


def _rows(incidents: Sequence[Incident]) -> list[str]:
    rows = [
        f"{each.short_name} {each.severity.label} {each.status}, "
        f"{f'{each.acknowledged_by} has it' if each.acknowledged_by else 'nobody has it'}: {each.title}"
        for each in incidents[:MOST_LISTED]
    ]
    rest = len(incidents) - MOST_LISTED
    return [*rows, f"And {rest} more."] if rest > 0 else rows
