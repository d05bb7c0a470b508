"""Read an export of PagerDuty: the objects of its REST API v2 (`developer.pagerduty.com/api-reference`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Contact
from tocsin.oncall.imports.carried import Carried, CarriedStep, RuleSteps
from tocsin.oncall.imports.draft import Draft
from tocsin.oncall.imports.lanes import Level
from tocsin.oncall.imports.rows import Book, Row, moment, several, text, under, whole
from tocsin.oncall.imports.turning import Turning, Unit
from tocsin.oncall.imports.windows import A_DAY, windows
from tocsin.oncall.people import DEFAULT, IMPORTANT
from tocsin.oncall.schedules.asking import Span
from tocsin.oncall.schedules.schedule import Restriction

SYSTEM = "pagerduty"
KINDS = {
    "users": "user",
    "schedules": "schedule",
    "overrides": "override",
    "escalation_policies": "escalation_policy",
    "services": "service",
}
_CHANNELS = {"email": "smtp", "phone": "voice", "sms": "sms"}
_SETS = {"high": IMPORTANT, "low": DEFAULT}


def read(book: Book, now: datetime) -> Carried:
    """Return what can be carried over. Raises `ImportRefused`."""
    draft = Draft(SYSTEM, now)
    for row in book.all("users"):
        _user(row, draft)
    for row in book.all("schedules"):
        _schedule(row, book, draft)
    for row in book.all("escalation_policies"):
        _policy(row, draft)
    for row in book.all("services"):
        if text(under(row, "incident_urgency_rule"), "type") == "use_support_hours":
            draft.warn(f"service {text(row, 'name')}", "its support hours are not carried over")
        draft.add_route("service", text(row, "name"), text(under(row, "escalation_policy"), "id"))
    return draft.carried()


def _user(row: Row, draft: Draft) -> None:
    methods = {text(one, "id"): one for one in several(row, "contact_methods")}
    contacts = []
    for one in methods.values():
        contact = _contact(one)
        if contact is None:
            draft.warn(
                f"person {text(row, 'name')}",
                f"the contact {text(one, 'type') or 'without type'} is left out",
            )
        else:
            contacts.append(contact)
    if not contacts and text(row, "email"):
        contacts.append(Contact(channel="smtp", address=text(row, "email")))
    rules = _rules(row, methods)
    draft.add_person(text(row, "id"), (text(row, "email"), text(row, "name")), contacts, rules)


def _contact(method: Row) -> Contact | None:
    channel = _CHANNELS.get(text(method, "type").removesuffix("_contact_method"))
    address = text(method, "address")
    if channel is None or not address:
        return None
    if channel != "smtp":
        address = f"+{whole(method, 'country_code', 1)}{address}"
    return Contact(channel=channel, address=address)


def _rules(row: Row, methods: Mapping[str, Row]) -> Mapping[str, RuleSteps]:
    sets: dict[str, RuleSteps] = {}
    for rule in several(row, "notification_rules"):
        named = under(rule, "contact_method")
        method = methods.get(text(named, "id"), named)
        channel = _CHANNELS.get(
            text(method, "type").removesuffix("_reference").removesuffix("_contact_method")
        )
        chosen = _SETS.get(text(rule, "urgency"))
        if channel is not None and chosen is not None:
            after = timedelta(minutes=whole(rule, "start_delay_in_minutes"))
            sets[chosen] = (*sets.get(chosen, ()), (after, (channel,)))
    return sets


def _schedule(row: Row, book: Book, draft: Draft) -> None:
    key, name = text(row, "id"), text(row, "name") or text(row, "summary")
    place = f"schedule {name}"
    zone = draft.zone(text(row, "time_zone"), place)
    if not several(row, "schedule_layers"):
        draft.warn(place, "its layers are not in the export; ask for it alone (GET /schedules/ID)")
        return
    # The API lists the layer that wins first (the Terraform provider turns the list round, too).
    levels = [_level(layer, zone, place, draft) for layer in reversed(several(row, "schedule_layers"))]
    draft.add_schedule(key, name, zone, levels)
    rendered = several(under(row, "overrides_subschedule"), "rendered_schedule_entries")
    for one in book.of("overrides", key) or rendered:
        start, end = moment(one, "start"), moment(one, "end")
        if start is not None and end is not None and start < end:
            person = _person(under(one, "user"), draft)
            draft.add_override(key, OverrideKind.REPLACE, Span(starts_at=start, ends_at=end), (person, None))
    for one in several(under(row, "final_schedule"), "rendered_schedule_entries"):
        draft.add_rendered(key, moment(one, "start"), moment(one, "end"), _person(under(one, "user"), draft))


def _level(layer: Row, zone: ZoneInfo, place: str, draft: Draft) -> Level:
    name = text(layer, "name") or "layer"
    here = f"{place}, layer {name}"
    begins, ends = moment(layer, "start"), moment(layer, "end")
    anchor = moment(layer, "rotation_virtual_start") or begins
    seconds = whole(layer, "rotation_turn_length_seconds")
    if anchor is None or seconds <= 0 or seconds % 3600:
        draft.warn(here, "its start or the length of its turns cannot be carried over; it is left out")
        return ()
    if ends is not None and ends <= draft.now:
        return ()
    if seconds % 86_400 and 86_400 % seconds:
        draft.warn(here, "its turns are counted in elapsed hours, also where clocks change")
    turning = Turning(
        name=name,
        zone=zone,
        unit=Unit.HOURS,
        every=seconds // 3600,
        anchor=anchor,
        people=tuple(_person(under(one, "user"), draft) for one in several(layer, "users")),
        begins=begins,
        ends=ends,
        only=_only(layer, here, draft),
    )
    return (draft.strand(turning, here),)


def _only(layer: Row, place: str, draft: Draft) -> tuple[Restriction, ...]:
    spans = [span for one in several(layer, "restrictions") for span in _spans(one, place, draft)]
    return windows(spans)


def _spans(restriction: Row, place: str, draft: Draft) -> Iterator[tuple[int, int]]:
    """Yield a restriction as minutes since Monday and a length; days count from 1, Monday."""
    try:
        at = time.fromisoformat(text(restriction, "start_time_of_day"))
    except ValueError:
        draft.warn(place, "a restriction without a time of day is left out")
        return
    begins, length = at.hour * 60 + at.minute, whole(restriction, "duration_seconds") // 60
    if text(restriction, "type") == "weekly_restriction":
        yield (whole(restriction, "start_day_of_week", 1) - 1) * A_DAY + begins, length
    else:
        yield from ((day * A_DAY + begins, min(length, A_DAY)) for day in range(7))


def _person(user: Row, draft: Draft) -> str:
    return draft.person(text(user, "id"), text(user, "name") or text(user, "summary"))


def _policy(row: Row, draft: Draft) -> None:
    name, steps, after, delay = text(row, "name"), [], timedelta(), timedelta()
    for rule in several(row, "escalation_rules"):
        page = tuple(one for target in several(rule, "targets") for one in _target(target, name, draft))
        steps.append(CarriedStep(after=after, page=page))
        delay = timedelta(minutes=max(whole(rule, "escalation_delay_in_minutes", 30), 1))
        after += delay
    rounds = max(whole(row, "num_loops"), 0) + 1
    draft.add_policy(text(row, "id"), name, steps, rounds, last=delay)


def _target(target: Row, policy: str, draft: Draft) -> tuple[str, ...]:
    kind = text(target, "type").removesuffix("_reference")
    if kind == "user":
        return (_person(target, draft),)
    found = draft.targets(text(target, "id")) if kind == "schedule" else ()
    if not found:
        said = text(target, "summary") or text(target, "id")
        draft.warn(f"policy {policy}", f"its target {kind} {said} is not carried over")
    return found
