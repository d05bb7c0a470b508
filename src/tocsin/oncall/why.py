"""Say why a person was called for an incident or was not: from what was recorded, and the file as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.domain.incident import Incident
from tocsin.domain.override import Override, OverrideState
from tocsin.domain.page import Delivery, Page
from tocsin.domain.person import Contact
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.oncall.escalation import At
from tocsin.oncall.people import ADMINISTRATORS
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import on_duty
from tocsin.oncall.schedules.schedule import FixedLayer, Schedule
from tocsin.oncall.whom import Found, whom


class Basis(StrEnum):
    """What a fact rests on: a record made at the time, or the configuration as it is now."""

    RECORDED = "recorded"
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One sentence or more in plain words, when it happened (None: at no one time), and its basis."""

    text: str
    at: datetime | None = None
    basis: Basis = Basis.RECORDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What was recorded of the calls of an incident.

    `notices` are its deliveries that belong to no page. `overrides` are those that touch the time it opened.
    `awaited` is the step that is waited for and when it is due, None where none is.
    """

    incident: Incident
    pages: tuple[Page, ...] = ()
    notices: tuple[Delivery, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    overrides: tuple[Override, ...] = ()
    awaited: tuple[At, datetime] | None = None


def because(roster: Roster, records: Records, person: str) -> tuple[Fact, ...]:
    """Return why a person was called or was not, never nothing; each fact once."""
    theirs = [page for page in records.pages if page.person == person]
    facts = _was_called(records, theirs) if theirs else _was_not_called(roster, records, person)
    return tuple(
        dict.fromkeys(
            (
                *facts,
                *_held_back(records, person),
                *_could_not_be(roster, records, person),
                *_was_told(roster, records, person),
            )
        )
    )


def standing(roster: Roster, overrides: Sequence[Override], person: str, at: datetime) -> tuple[Fact, ...]:
    """Say where a person stands in the on-call file as it is now, at an instant; never nothing."""
    taken_off = tuple(_taken_off(overrides, person, at))
    if not roster.schedules:
        told = f"{roster.path} has no schedule, so pages go to the administrators' Inbox"
        return _now(f"{told}." if person == ADMINISTRATORS else f"{told} and not to {person}.")
    if person not in roster.people:
        return _now(f"{person} is not in {roster.path}.")
    if not roster.people[person].contacts:
        return _now(f"{person} is in {roster.path} without a contact, so no page could reach them.")
    theirs = [each for each in roster.schedules.values() if person in each.people]
    if not theirs:
        return (*taken_off, *_now(f"{person} is in {roster.path} but takes turns in no schedule."))
    return (*taken_off, *(_place(roster, each, overrides, person, at) for each in theirs))


def concerned(roster: Roster, records: Records) -> tuple[str, ...]:
    """Return everybody who was called or told, acknowledged it, or whom a step of the policy calls."""
    incident = records.incident
    named: list[str | None] = [page.person for page in records.pages]
    named += [notice.person for notice in records.notices]
    named += [incident.acknowledged_by]
    steps = range(len(roster.policy(incident.policy).of(incident.severity)))
    named += [found.person for number in steps for _, found in _targets(roster, records, number)]
    found = tuple(dict.fromkeys(each for each in named if each))
    return found or on_call(roster, records.overrides, incident.opened_at)


def on_call(roster: Roster, overrides: Sequence[Override], at: datetime) -> tuple[str, ...]:
    """Return who is first and second in every schedule at an instant, by the file as it is now."""
    found: dict[str, None] = {}
    for schedule in roster.schedules.values():
        duty = on_duty(schedule, overrides, at)
        found.update({turn.person: None for turn in (duty.primary, duty.secondary) if turn})
    return tuple(found) or tuple(roster.people) or (ADMINISTRATORS,)


def how(records: Records, page: Page) -> str:
    """Return what was recorded about the channels of a page: what chose them, and which is used when."""
    for entry in _of(records, Happening.PAGED):
        if entry.at == page.requested_at and entry.text.startswith(f"{page.person} ({page.role}) is called"):
            return entry.text.partition(page.reason)[2].strip() or _NOT_KEPT
    return _NOT_KEPT


_NOT_KEPT = "What chose the channels was not recorded; each message is shown."


def _was_called(records: Records, theirs: Sequence[Page]) -> Iterator[Fact]:
    for page in theirs:
        text = f"{_step(page.step, page.policy)} called {page.person} as {page.role}. {page.reason}"
        yield Fact(text=f"{text} {how(records, page)}", at=page.requested_at)
    yield from _taken_or_over(records.incident)


def _was_not_called(roster: Roster, records: Records, person: str) -> Iterator[Fact]:
    incident, seen = records.incident, set()
    for page in records.pages:
        if (page.policy, page.step, page.person) not in seen:
            seen.add((page.policy, page.step, page.person))
            text = f"{_step(page.step, page.policy)} called {page.person} instead. {page.reason}"
            yield Fact(text=text, at=page.requested_at)
    if not records.pages:
        yield from _nobody_called(roster, records)
    ended = tuple(_taken_or_over(incident))
    yield from ended
    if ended:
        yield Fact(text="Steps that were not taken by then called nobody.")
    elif records.awaited is not None:
        yield awaiting(roster, incident, records.awaited)
    yield from _later(roster, records, person)
    yield from standing(roster, records.overrides, person, incident.opened_at)


def _nobody_called(roster: Roster, records: Records) -> Iterator[Fact]:
    incident = records.incident
    missing = [Fact(text=entry.text, at=entry.at) for entry in _of(records, Happening.NOBODY_TO_PAGE)]
    yield from missing
    if not roster.pages(incident.severity, incident.policy):
        yield from calls_nobody(roster, incident)
    elif not missing:
        yield Fact(text=f"No page was made for {incident.short_name}.")


def calls_nobody(roster: Roster, incident: Incident) -> tuple[Fact, ...]:
    """Say that the severity of an incident calls nobody."""
    policy = roster.policy(incident.policy).name
    return _now(
        f"{incident.severity.label} calls nobody by policy {policy} of {roster.path} as it is now; such "
        "incidents are only told."
    )


def awaiting(roster: Roster, incident: Incident, awaited: tuple[At, datetime]) -> Fact:
    """Say which step is waited for, by the number of steps that the file has now."""
    at, due = awaited
    steps = len(roster.policy(at.policy).of(incident.severity))
    if at.step < steps:
        text = f"{_step(at.step, at.policy)} is due at {due:%Y-%m-%d %H:%M:%S} UTC and was not reached yet."
    else:
        text = (
            f"All steps of policy {at.policy or 'default'} were taken; if nobody answers by "
            f"{due:%Y-%m-%d %H:%M:%S} UTC, what follows them is done."
        )
    return Fact(text=text)


def _taken_or_over(incident: Incident) -> Iterator[Fact]:
    if incident.acknowledged_at is not None:
        text = f"{incident.acknowledged_by} acknowledged {incident.short_name}."
        yield Fact(text=text, at=incident.acknowledged_at)
    if not incident.status.is_active:
        yield Fact(text=f"{incident.short_name} was {incident.status}.", at=incident.resolved_at)


def _later(roster: Roster, records: Records, person: str) -> Iterator[Fact]:
    """Say which step that was not taken calls the person."""
    policy = roster.policy(records.incident.policy)
    if records.awaited is not None:
        first = records.awaited[0].step
    else:
        first = max((page.step + 1 for page in records.pages), default=0)
    for number in range(first, len(policy.of(records.incident.severity))):
        for role, found in _targets(roster, records, number):
            if found.person == person:
                text = f"{_step(number, policy.name)} calls {person} as {role}: {found.why}"
                yield from _now(f"By {roster.path} as it is now, {text} That step was not taken.")


def _targets(roster: Roster, records: Records, number: int) -> Iterator[tuple[str, Found]]:
    """Yield whom a step leads to at the time the incident opened, by the file as it is now."""
    incident = records.incident
    step = roster.policy(incident.policy).of(incident.severity)[number]
    for target in step.page:
        for found in whom(roster, target, records.overrides, incident.opened_at, practice=incident.drill):
            yield target.role, found


def _held_back(records: Records, person: str) -> Iterator[Fact]:
    for entry in _of(records, Happening.PAGE_HELD):
        if entry.text.startswith(f"{person} had as many messages"):
            yield Fact(text=entry.text, at=entry.at)


def _could_not_be(roster: Roster, records: Records, person: str) -> Iterator[Fact]:
    """A step led to the person, but there was no way to call them."""
    known = roster.people.get(person)
    names = "|".join(re.escape(name) for name in {person, known.name if known else person})
    for entry in _of(records, Happening.NOBODY_TO_PAGE):
        if re.search(rf"(?<!\w)(?:{names})(?!\w)", entry.text):
            yield Fact(text=entry.text, at=entry.at)


def _was_told(roster: Roster, records: Records, person: str) -> Iterator[Fact]:
    for notice in notices_to(roster, records.notices, person):
        text = f"A notice ({notice.subject}) went to {person} by {notice.channel}, which calls nobody"
        yield Fact(text=f"{text}: {notice.state}.", at=notice.requested_at)


def notices_to(roster: Roster, notices: Iterable[Delivery], person: str) -> tuple[Delivery, ...]:
    """Return the notices that name a person, or that went to a contact which the file gives them now."""
    known = roster.people.get(person)
    contacts = known.contacts if known else ()
    return tuple(
        each
        for each in notices
        if each.person == person
        or (each.person is None and Contact(channel=each.channel, address=each.address) in contacts)
    )


def _taken_off(overrides: Sequence[Override], person: str, at: datetime) -> Iterator[Fact]:
    for each in overrides:
        counts = each.state is OverrideState.TAKEN and each.starts_at <= at < each.ends_at
        if counts and each.instead_of == person:
            other = f"{each.person} came on call" if each.person else "nobody came on call"
            why = f" ({each.reason})" if each.reason else ""
            span = f"{each.starts_at:%Y-%m-%d %H:%M} to {each.ends_at:%Y-%m-%d %H:%M} UTC"
            text = (
                f"{each.asked_by} had {person} taken off the schedule “{each.schedule}” from "
                f"{span} by a {each.kind}{why}; "
                f"{other} instead."
            )
            yield Fact(text=text, at=each.created_at)


def _place(
    roster: Roster, schedule: Schedule, overrides: Sequence[Override], person: str, at: datetime
) -> Fact:
    duty = on_duty(schedule, overrides, at)
    by = f"By {roster.path} as it is now,"
    of = f"the schedule “{schedule.name}”"
    if duty.primary is None:
        return _present(f"{by} nobody was on call by {of} then.")
    roles = (("primary", duty.primary), ("secondary", duty.secondary))
    for role, turn in (*roles, *(("on call beside the primary", turn) for turn in duty.everybody)):
        if turn is not None and turn.person == person:
            return _present(f"{by} {person} was {role} of {of} then, by {turn.why}.")
    first = f"{duty.primary.person} was primary, by {duty.primary.why}"
    layers = ", ".join(f"“{layer}”" for layer in _layers(schedule, person))
    return _present(f"{by} {person} was not on call by {of} then (turns in layer {layers} only); {first}.")


def _layers(schedule: Schedule, person: str) -> tuple[str, ...]:
    return tuple(
        layer.name
        for layer in schedule.layers
        if person
        in ([turn.person for turn in layer.turns] if isinstance(layer, FixedLayer) else layer.people)
    )


def _step(step: int, policy: str) -> str:
    return f"Step {step + 1} of policy {policy or 'default'}"


def _of(records: Records, kind: Happening) -> Iterator[TimelineEntry]:
    return (entry for entry in records.timeline if entry.kind is kind)


def _present(text: str) -> Fact:
    return Fact(text=text, basis=Basis.PRESENT)


def _now(text: str) -> tuple[Fact, ...]:
    return (_present(text),)
