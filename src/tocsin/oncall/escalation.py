"""Decide at each step of an escalation whom to call, why, and when to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.incident import Incident
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.roster import ADMINISTRATORS, INBOX, LAST_PATIENCE, EscalationStep, PageRole, Roster
from tocsin.oncall.schedule import on_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Page this person on every contact at once. `reason` answers "why was I paged?"."""

    step: int
    person: str
    role: str
    reason: str
    acknowledge_by: datetime
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyToPage:
    """The step has nobody who can be called; record it, shout, and go on with the next step at once."""

    step: int
    role: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyAnswered:
    """All steps were taken and nobody acknowledged; say so aloud.

    The steps begin anew at once, counted from `started_at`; None where the roster does not repeat them.
    """

    reason: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The escalation is over; `reason` says why nobody more is called."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDecision:
    """What to do now, and when the next step is due (None: there is none)."""

    outcome: Call | NobodyToPage | NobodyAnswered | Stopped
    next_step_at: datetime | None = None


def starts(roster: Roster, severity: Severity, before: Severity | None = None) -> bool:
    """Say whether an escalation begins: at opening (`before` None), or when a joining alert made it worse."""
    if not roster.pages(severity):
        return False
    return before is None or severity.is_worse_than(before)


def restarts(roster: Roster, before: Incident, after: Incident) -> bool:
    """Say whether a change of an incident nobody has taken yet makes its escalation begin anew."""
    waits = after.acknowledged_at is None and after.status.is_active
    return waits and starts(roster, after.severity, before.severity)


def first_step_at(roster: Roster, severity: Severity, started_at: datetime) -> datetime | None:
    """Return when step 0 of an escalation is due, None if the severity calls nobody."""
    steps = roster.steps.get(severity, ())
    return started_at + steps[0].after if steps else None


def decide_step(
    roster: Roster, incident: Incident, step: int, *, started_at: datetime, now: datetime
) -> StepDecision:
    """Decide step `step` (0 first) of the escalation that began at `started_at`.

    A step that comes late, for example after a restart, calls once, and the next one leaves the person as
    long to acknowledge as was planned: steps missed together are not fired together. After the last step
    comes one more, at the end of its patience: it says that nobody answered and begins the steps anew.
    """
    steps = roster.steps.get(incident.severity, ())
    over = _over(incident, steps)
    if over:
        return StepDecision(outcome=Stopped(reason=over))
    if step >= len(steps):
        return StepDecision(outcome=_unanswered(roster, incident, steps, now))
    due_by = _acknowledge_by(steps, step, started_at, now)
    outcome = _outcome(roster, incident, step, steps, due_by, now)
    is_last = step + 1 == len(steps)
    goes_on_at_once = isinstance(outcome, NobodyToPage) and not is_last
    return StepDecision(outcome=outcome, next_step_at=now if goes_on_at_once else due_by)


def ends_round(roster: Roster, incident: Incident, step: int) -> bool:
    """Say whether this step is the one after all that call: it must not be hurried by a dead channel.

    A round that began early because nothing can be sent would be followed by the next one at once, for ever.
    """
    return step >= len(roster.steps.get(incident.severity, ()))


def _over(incident: Incident, steps: tuple[EscalationStep, ...]) -> str:
    name = incident.short_name
    if not incident.status.is_active:
        return f"{name} is {incident.status}, so nobody more is called."
    if incident.acknowledged_at is not None:
        return f"{name} was acknowledged by {incident.acknowledged_by}, so nobody more is called."
    if not steps:
        return f"{name} is {incident.severity.label}, a severity that calls nobody."
    return ""


def _unanswered(
    roster: Roster, incident: Incident, steps: tuple[EscalationStep, ...], now: datetime
) -> NobodyAnswered:
    counted = "the only step" if len(steps) == 1 else f"all {len(steps)} steps"
    said = f"Nobody answered {incident.short_name} ({incident.severity.label}): {counted} of the escalation"
    if roster.repeats:
        return NobodyAnswered(
            reason=f"{said} went by. The calls begin anew.", started_at=now - steps[0].after
        )
    return NobodyAnswered(
        reason=f"{said} went by. {roster.path} says `repeat: never`, so nobody more is called.",
        started_at=None,
    )


def _acknowledge_by(
    steps: tuple[EscalationStep, ...], step: int, started_at: datetime, now: datetime
) -> datetime:
    patience = _patience(steps, step)
    planned = started_at + steps[step].after
    late = now - planned
    return now + patience if late >= patience / 2 else planned + patience


def _patience(steps: tuple[EscalationStep, ...], step: int) -> timedelta:
    """Return the time until the next step; the last step waits as long as the one before it did."""
    if len(steps) == 1:
        return LAST_PATIENCE
    at = min(step, len(steps) - 2)
    return steps[at + 1].after - steps[at].after


def _outcome(
    roster: Roster,
    incident: Incident,
    step: int,
    steps: tuple[EscalationStep, ...],
    due_by: datetime,
    now: datetime,
) -> Call | NobodyToPage:
    role = steps[step].role
    found = _whom(roster, role, now, practice=incident.drill)
    occasion = f"{incident.short_name} is {incident.severity.label}, step {step + 1} of {len(steps)}"
    if found.person is None:
        return NobodyToPage(step=step, role=role, reason=f"{occasion}: {found.why}")
    return Call(
        step=step,
        person=found.person,
        role=role,
        reason=f"{occasion}: {found.why}",
        acknowledge_by=due_by,
        contacts=found.contacts,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    person: str | None
    why: str
    contacts: tuple[Contact, ...] = ()


def _whom(roster: Roster, role: PageRole, now: datetime, *, practice: bool) -> _Found:
    """Find who is called; practice reaches only the person's Inbox, never a phone or a channel outside."""
    schedule = roster.schedule
    if schedule is None:
        return _Found(
            person=ADMINISTRATORS,
            why=f"{roster.path} has no schedule, so the page goes to the administrators' Inbox.",
            contacts=(Contact(channel=INBOX, address=ADMINISTRATORS),),
        )
    shift = on_call(schedule, now)
    if shift is None:
        return _Found(person=None, why=f"nobody is on call yet, the schedule starts on {schedule.starts}.")
    username = shift.primary if role is PageRole.PRIMARY else shift.secondary
    if username is None:
        return _Found(person=None, why=f"there is no {role}, the rotation has only {shift.primary}.")
    person = roster.people.get(username)
    contacts = person.contacts if person else ()
    if practice:
        contacts = (Contact(channel=INBOX, address=username),)
    if person is None or not contacts:
        return _Found(person=None, why=f"{username} is {role} on call but has no contact in {roster.path}.")
    until = shift.until.astimezone(schedule.zone)
    return _Found(
        person=username,
        why=(
            f"{person.name} is {role} on call until {until:%Y-%m-%d %H:%M} {schedule.zone.key} "
            f"({schedule.rotation} rotation in {roster.path})."
        ),
        contacts=contacts,
    )
