"""Why a person was paged for an alert, or why not, told from what was recorded at the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.override import Override
from tocsin.domain.page import Delivery, Page
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.oncall.policies import DEFAULT_SCHEDULE
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import on_duty
from tocsin.oncall.schedules.schedule import Schedule

_TRIAGED = (
    Happening.OPENED,
    Happening.ALERT_ROUTED,
    Happening.SEVERITY_CHANGED,
    Happening.NOBODY_TO_PAGE,
)
_A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """One page to the person, and what became of each message of it."""

    page: Page
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the person was paged, each page, and the sentences that say why or why not."""

    was_paged: bool
    incident: Incident | None
    pages: tuple[Told, ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was recorded about the incident of the alert."""

    alert: Alert
    incident: Incident
    pages: tuple[Page, ...]
    deliveries: tuple[Delivery, ...]
    timeline: tuple[TimelineEntry, ...]
    others: tuple[Alert, ...]
    overrides: tuple[Override, ...]


def why(shelves: Shelves, roster: Roster, alert: Alert, person: str) -> Answer:
    """Answer for a username. The on-call file is known as it is now; where it is used, that is said."""
    incident = shelves.incidents.get(alert.incident_id) if alert.incident_id else None
    if incident is None:
        reason = f"{alert.short_name} belongs to no incident: it was recorded, and its severity opens none."
        return Answer(was_paged=False, incident=None, pages=(), because=(reason,))
    known = _Known(
        alert,
        incident,
        shelves.pages.of_incident(incident.incident_id),
        shelves.pages.deliveries_of(incident.incident_id),
        shelves.timeline.of_incident(incident.incident_id),
        shelves.alerts.of_incident(incident.incident_id),
        shelves.overrides.between(incident.opened_at, incident.opened_at + _A_MOMENT),
    )
    told = tuple(
        Told(page, tuple(each for each in known.deliveries if each.page_id == page.page_id))
        for page in known.pages
        if page.person == person
    )
    because = (*_triaged(known), *(_was_paged(known, told) if told else _was_not(known, roster, person)))
    return Answer(was_paged=bool(told), incident=incident, pages=told, because=because)


def _triaged(known: _Known) -> tuple[str, ...]:
    lines = tuple(
        line for entry in known.timeline if entry.kind in _TRIAGED for line in entry.text.splitlines()
    )
    first = min(known.others, key=lambda each: each.number, default=known.alert)
    if first.number == known.alert.number:
        return lines
    joined = (
        f"{known.alert.short_name} joined {known.incident.short_name}, which {first.short_name} had opened; "
        "an alert that joins calls anew only when it makes the incident worse."
    )
    return (*lines, joined)


def _was_paged(known: _Known, told: tuple[Told, ...]) -> tuple[str, ...]:
    lines = [
        f"Step {each.page.step + 1} called {each.page.person} as {each.page.role}. {each.page.reason}"
        for each in told
    ]
    if known.incident.acknowledged_at is not None:
        lines.append(_acknowledged(known.incident))
    return tuple(lines)


def _was_not(known: _Known, roster: Roster, person: str) -> tuple[str, ...]:
    incident = known.incident
    lines = [f"Step {page.step + 1} called {page.person} instead. {page.reason}" for page in known.pages]
    if not known.pages and not roster.pages(incident.severity, incident.policy):
        lines.append(
            f"{incident.severity.label} calls nobody by {roster.path}; such incidents are only told."
        )
    if incident.acknowledged_at is not None:
        lines.append(f"{_acknowledged(incident)} Later steps were not taken.")
    elif not incident.status.is_active:
        lines.append(f"{incident.short_name} is {incident.status}; later steps were not taken.")
    return (*lines, *_places(roster, person, incident.opened_at, known.overrides))


def _acknowledged(incident: Incident) -> str:
    at = incident.acknowledged_at
    return f"{incident.acknowledged_by} acknowledged {incident.short_name} at {at:%Y-%m-%d %H:%M:%S} UTC."


def _places(roster: Roster, person: str, at: datetime, overrides: tuple[Override, ...]) -> tuple[str, ...]:
    """Say where the person stands in the on-call file as it is now, at the time the incident opened."""
    if not roster.schedules:
        return (f"{roster.path} has no schedule; pages go to the administrators' Inbox.",)
    if person not in roster.people:
        return (f"{person} is not in {roster.path}.",)
    theirs = [each for each in roster.schedules.values() if person in each.people]
    if not theirs:
        return (f"{person} is in {roster.path} but not in its rotation.",)
    return tuple(_place(roster, schedule, person, at, overrides) for schedule in theirs)


def _place(
    roster: Roster, schedule: Schedule, person: str, at: datetime, overrides: tuple[Override, ...]
) -> str:
    duty = on_duty(schedule, overrides, at)
    of = "" if schedule.name == DEFAULT_SCHEDULE else f" of the schedule {schedule.name}"
    if duty.primary is None:
        return f"The rotation{of} in {roster.path} had not begun."
    for role, turn in (("primary", duty.primary), ("secondary", duty.secondary)):
        if turn is not None and turn.person == person:
            return f"By {roster.path} as it is now, {person} was {role}{of} then; that step was not reached."
    return (
        f"By {roster.path} as it is now, {person} was not on call{of} then; "
        f"{duty.primary.person} was primary."
    )
