"""Read an export of Grafana OnCall: what its API answers (`grafana.com/docs/oncall`, API reference)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.domain.local_time import instant
from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Contact
from tocsin.oncall.imports.carried import Carried, CarriedStep, RuleSteps
from tocsin.oncall.imports.draft import Draft
from tocsin.oncall.imports.grafana_shifts import Shift, read_shift, turnings
from tocsin.oncall.imports.lanes import Level, Strand
from tocsin.oncall.imports.rows import Book, Row, moment, text, texts, under, whole
from tocsin.oncall.people import DEFAULT, IMPORTANT
from tocsin.oncall.schedules.asking import Span

SYSTEM = "oncall"
KINDS = {
    "users": "user",
    "personal_notification_rules": "personal_notification_rule",
    "teams": "team",
    "schedules": "schedule",
    "on_call_shifts": "on_call_shift",
    "final_shifts": "final_shift",
    "escalation_chains": "escalation_chain",
    "escalation_policies": "escalation_policy",
    "integrations": "integration",
    "routes": "route",
}
_CHANNELS = {
    "notify_by_email": "smtp",
    "notify_by_slack": "slack",
    "notify_by_sms": "sms",
    "notify_by_phone_call": "voice",
}


def read(book: Book, now: datetime) -> Carried:
    """Return what can be carried over. Raises `ImportRefused`."""
    draft = Draft(SYSTEM, now)
    for row in book.all("users"):
        _user(row, book, draft)
    for row in book.all("teams"):
        members = (text(one, "id") for one in book.all("users") if text(row, "id") in texts(one, "teams"))
        draft.add_team(text(row, "id"), text(row, "name"), tuple(draft.person(one) for one in members))
    for row in book.all("schedules"):
        _schedule(row, book, draft)
    for row in book.all("escalation_chains"):
        _chain(row, book, draft)
    for row in book.all("integrations"):
        default = under(row, "default_route")
        draft.add_route("source", text(row, "name"), text(default, "escalation_chain_id"))
    for row in book.all("routes"):
        if row.get("is_the_last_route") is not True:
            draft.warn(
                f"route {text(row, 'id')}",
                f"`{text(row, 'routing_regex')}` looks into whole payloads; write it as matchers",
            )
    return draft.carried()


def _user(row: Row, book: Book, draft: Draft) -> None:
    place, contacts = f"person {text(row, 'username')}", []
    if text(row, "email"):
        contacts.append(Contact(channel="smtp", address=text(row, "email")))
    if text(under(row, "slack"), "user_id"):
        contacts.append(Contact(channel="slack", address=text(under(row, "slack"), "user_id")))
    if row.get("is_phone_number_verified") is True:
        draft.warn(place, "the API does not tell the telephone number; add `sms` and `voice` to the contacts")
    own = [one for one in book.all("personal_notification_rules") if text(one, "user_id") == text(row, "id")]
    rules = {
        name: _rules([one for one in own if (one.get("important") is True) == important], place, draft)
        for name, important in ((IMPORTANT, True), (DEFAULT, False))
    }
    draft.add_person(text(row, "id"), (text(row, "username"), text(row, "username")), contacts, rules)


def _rules(rows: Sequence[Row], place: str, draft: Draft) -> RuleSteps:
    steps: list[tuple[timedelta, tuple[str, ...]]] = []
    after = timedelta()
    for row in sorted(rows, key=lambda one: whole(one, "position")):
        kind = text(row, "type")
        if kind == "wait":
            after += timedelta(seconds=max(whole(row, "duration"), 0))
        elif kind in _CHANNELS:
            steps.append((after, (_CHANNELS[kind],)))
        else:
            draft.warn(place, f"the rule `{kind}` is left out")
    return tuple(steps)


def _schedule(row: Row, book: Book, draft: Draft) -> None:
    key, name = text(row, "id"), text(row, "name")
    place = f"schedule {name}"
    if text(row, "ical_url_primary") or text(row, "ical_url_overrides"):
        draft.warn(
            place,
            "its calendar lies elsewhere; save it beside oncall.yml and name it as a layer (`calendar:`)",
        )
    zone = draft.zone(text(row, "time_zone") or "UTC", place)
    named = texts(row, "shifts")
    rows = [
        one for one in book.all("on_call_shifts") if text(one, "id") in named or text(one, "schedule") == key
    ]
    shifts = []
    for one in rows:
        own = text(one, "time_zone")
        shift = read_shift(one, draft.zone(own, place) if own else zone)
        if shift is None:
            draft.warn(place, f"the shift {text(one, 'name')} has no start or no length; it is left out")
        else:
            shifts.append(shift)
    usual = [shift for shift in shifts if shift.kind != "override"]
    draft.add_schedule(key, name, zone, tuple(_levels(usual, place, draft)))
    for shift in shifts:
        if shift.kind == "override":
            _override(shift, key, draft)
    for one in book.of("final_shifts", key):
        draft.add_rendered(
            key, moment(one, "shift_start"), moment(one, "shift_end"), draft.person(text(one, "user_pk"))
        )


def _levels(shifts: Sequence[Shift], place: str, draft: Draft) -> Iterator[Level]:
    for level in sorted({shift.level for shift in shifts}):
        strands = (one for shift in shifts if shift.level == level for one in _strands(shift, place, draft))
        yield tuple(strands)


def _strands(shift: Shift, place: str, draft: Draft) -> Iterator[Strand]:
    """Yield a rotation for each of those who are on call together in it."""
    groups = tuple(tuple(draft.person(one) for one in group) for group in shift.groups if group)
    here = f"{place}, shift {shift.name}"
    if len(groups) < len(shift.groups) or not groups:
        draft.warn(here, "a turn of nobody is left out; the next have it")
    for number in range(max(map(len, groups), default=0)):
        people = tuple(group[number % len(group)] for group in groups)
        found = turnings(replace(shift, groups=tuple((one,) for one in people)))
        if found is None:
            draft.warn(
                here,
                f"{shift.frequency} every {shift.interval} for {shift.lasts} is not possible; it is left out",
            )
            return
        yield tuple(layer for turning in found for layer in draft.strand(turning, here))


def _override(shift: Shift, key: str, draft: Draft) -> None:
    """Take an override over: the first person takes the place of all, the others come beside."""
    ends = shift.start + shift.lasts
    span = Span(
        starts_at=instant(shift.start.date(), shift.start.time(), shift.zone),
        ends_at=instant(ends.date(), ends.time(), shift.zone),
    )
    people = [draft.person(one) for group in shift.groups for one in group]
    for number, person in enumerate(people):
        kind = OverrideKind.ADD if number else OverrideKind.REPLACE
        draft.add_override(key, kind, span, (person, None))


def _chain(row: Row, book: Book, draft: Draft) -> None:
    key, name = text(row, "id"), text(row, "name")
    own = [one for one in book.all("escalation_policies") if text(one, "escalation_chain_id") == key]
    steps, after, rounds = [], timedelta(), 1
    for one in sorted(own, key=lambda step: whole(step, "position")):
        kind = text(one, "type")
        if kind == "wait":
            after += timedelta(seconds=max(whole(one, "duration"), 0))
        elif kind == "repeat_escalation":
            # Grafana OnCall repeats a chain at most five times.
            rounds = 6
        else:
            steps.append(CarriedStep(after=_minutes(after), page=_page(one, kind, f"policy {name}", draft)))
    if any(one.get("important") is True for one in own):
        draft.warn(
            f"policy {name}", "`important` is left out; here the severity decides: P1 and P2 are important"
        )
    last = _minutes(after) - steps[-1].after if steps else None
    draft.add_policy(key, name, steps, rounds, last)


def _page(row: Row, kind: str, place: str, draft: Draft) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    if kind == "notify_persons":
        found = tuple(draft.person(one) for one in texts(row, "persons_to_notify"))
    elif kind == "notify_person_next_each_time":
        found = tuple(draft.person(one) for one in texts(row, "persons_to_notify_next_each_time"))
        draft.warn(place, f"`{kind}` is not known here; it calls all of them")
    elif kind == "notify_on_call_from_schedule":
        found = draft.targets(text(row, "notify_on_call_from_schedule"))
    elif kind == "notify_team_members":
        found = draft.team(text(row, "team_to_notify"))
    if not found:
        draft.warn(place, f"the step `{kind}` is not carried over")
    return found


def _minutes(length: timedelta) -> timedelta:
    return timedelta(minutes=length // timedelta(minutes=1))
