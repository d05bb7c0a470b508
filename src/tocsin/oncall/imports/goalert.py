"""Read an export of GoAlert: the objects of its GraphQL API (`graphql2/schema.graphql` of target/goalert)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Contact
from tocsin.oncall.imports.carried import Carried, CarriedStep, RuleSteps
from tocsin.oncall.imports.draft import Draft
from tocsin.oncall.imports.lanes import Strand
from tocsin.oncall.imports.rows import Book, Row, moment, several, text, texts, under, whole
from tocsin.oncall.imports.turning import Turning, Unit
from tocsin.oncall.imports.windows import A_DAY, windows
from tocsin.oncall.people import DEFAULT
from tocsin.oncall.schedules.asking import Span
from tocsin.oncall.schedules.schedule import Restriction

SYSTEM = "goalert"
KINDS = {
    "users": "user",
    "rotations": "rotation",
    "schedules": "schedule",
    "userOverrides": "userOverride",
    "escalationPolicies": "escalationPolicy",
    "services": "service",
}
_CHANNELS = {
    "SMS": "sms",
    "VOICE": "voice",
    "EMAIL": "smtp",
    "SLACK_DM": "slack",
    "builtin-twilio-sms": "sms",
    "builtin-twilio-voice": "voice",
    "builtin-smtp-email": "smtp",
    "builtin-slack-dm": "slack",
}
_UNITS = {
    "hourly": (Unit.HOURS, 1),
    "daily": (Unit.DAYS, 1),
    "weekly": (Unit.DAYS, 7),
    "monthly": (Unit.MONTHS, 1),
}
_ONE_DAY = timedelta(days=1)
ROTATION = "rotation:"
"""What the key of a rotation begins with that a policy calls without a schedule."""


def read(book: Book, now: datetime) -> Carried:
    """Return what can be carried over. Raises `ImportRefused`."""
    reader = _Reader(book, Draft(SYSTEM, now))
    for row in book.all("users"):
        reader.user(row)
    for row in book.all("schedules"):
        reader.schedule(row)
    for row in book.all("escalationPolicies"):
        reader.policy(row)
    for row in book.all("services"):
        reader.draft.add_route("service", text(row, "name"), _policy_of(row))
    return reader.draft.carried()


class _Reader:
    """Reads one export into a draft."""

    def __init__(self, book: Book, draft: Draft) -> None:
        self.draft = draft
        self._book = book
        self._rotations = book.by_id("rotations")

    def user(self, row: Row) -> None:
        """Take one person over, with contact methods and rules."""
        channels: dict[str, str] = {}
        contacts = []
        for one in several(row, "contactMethods"):
            kind = text(one, "type") or text(under(one, "dest"), "type")
            address = text(one, "value") or _argument(under(one, "dest"))
            if kind not in _CHANNELS or not address or one.get("disabled") is True:
                self.draft.warn(
                    f"person {text(row, 'name')}", f"the contact {text(one, 'name')} ({kind}) is left out"
                )
                continue
            channels[text(one, "id")] = _CHANNELS[kind]
            contacts.append(Contact(channel=_CHANNELS[kind], address=address))
        if not contacts and text(row, "email"):
            contacts.append(Contact(channel="smtp", address=text(row, "email")))
        names = (text(row, "email") or text(row, "name"), text(row, "name"))
        self.draft.add_person(text(row, "id"), names, contacts, _rules(row, channels))

    def schedule(self, row: Row) -> None:
        """Take one schedule over: whoever its rules give is on call beside the others."""
        key, name = text(row, "id"), text(row, "name")
        place = f"schedule {name}"
        zone = self.draft.zone(text(row, "timeZone"), place)
        strands = (self._target(one, zone, place) for one in several(row, "targets"))
        spans = [span for one in several(row, "temporarySchedules") if (span := _span(one))]
        temporary = [
            strand
            for one in several(row, "temporarySchedules")
            for shift in several(one, "shifts")
            if (strand := self._fixed(shift, zone, place))
        ]
        self.draft.add_schedule(key, name, zone, (tuple(strands), tuple(temporary)))
        for one in self._book.all("userOverrides"):
            if text(under(one, "target"), "id") == key or text(one, "_of") == key:
                self._override(one, key, spans)
        for one in several(row, "temporarySchedules"):
            for gap in _uncovered(one):
                self.draft.add_override(key, OverrideKind.REMOVE, gap, (None, None))
        for one in several(row, "shifts"):
            person = self.draft.person(text(one, "userID"), text(under(one, "user"), "name"))
            self.draft.add_rendered(key, moment(one, "start"), moment(one, "end"), person)

    def _target(self, row: Row, zone: ZoneInfo, place: str) -> Strand:
        target = under(row, "target")
        only = _only(several(row, "rules"))
        if only is None:
            return ()
        if text(target, "type") == "user":
            person = self.draft.person(text(target, "id"), text(target, "name"))
            always = Turning(
                name=text(target, "name") or person,
                zone=zone,
                unit=Unit.DAYS,
                every=1,
                anchor=self.draft.now.replace(month=1, day=1, hour=0, minute=0),
                people=(person,),
                only=only,
            )
            return self.draft.strand(always, place)
        return self._rotation(text(target, "id"), zone, only, place)

    def _rotation(self, key: str, zone: ZoneInfo, only: tuple[Restriction, ...], place: str) -> Strand:
        row = self._rotations.get(key, {})
        name = text(row, "name") or key
        here = f"{place}, rotation {name}"
        unit, times = _UNITS.get(text(row, "type"), (None, 1))
        start = moment(row, "start")
        people = tuple(self.draft.person(one) for one in _user_ids(row))
        if unit is None or start is None or not people:
            self.draft.warn(here, "it is not in the export, has nobody, or no start; it is left out")
            return ()
        own = self.draft.zone(text(row, "timeZone"), here)
        if only and own != zone and len(people) > 1:
            self.draft.warn(
                here, f"its handovers are in {own.key}, here in {zone.key} like the schedule's hours"
            )
        zone = zone if only else own
        every = max(whole(row, "shiftLength", 1), 1)
        if unit is Unit.HOURS and every % 24 and 24 % every:
            self.draft.warn(here, "its turns are counted in elapsed hours, also where clocks change")
        at = self._reference(row, here)
        first = (whole(row, "activeUserIndex") - _turns(start, at, own, unit, every * times)) % len(people)
        turning = Turning(
            name=name,
            zone=zone,
            unit=unit,
            every=every * times,
            anchor=start,
            people=(*people[first:], *people[:first]),
            only=only,
        )
        return self.draft.strand(turning, here)

    def _reference(self, row: Row, place: str) -> datetime:
        """Return an instant at which the active user of a rotation was known to have the turn."""
        handovers = texts(row, "nextHandoffTimes")
        at = moment({"at": handovers[0]}, "at") if handovers else None
        if at is None:
            self.draft.warn(
                place, "the export has no nextHandoffTimes; whose turn it is now is taken to be as then"
            )
            return self.draft.now
        return at - timedelta(minutes=1)

    def _fixed(self, shift: Row, zone: ZoneInfo, place: str) -> Strand:
        span = _span(shift)
        if span is None:
            return ()
        whose = self.draft.person(text(shift, "userID") or text(under(shift, "user"), "id"))
        turning = Turning(
            name=f"temporary {span.starts_at.astimezone(zone):%Y-%m-%d %H:%M}",
            zone=zone,
            unit=Unit.DAYS,
            every=1,
            anchor=span.starts_at,
            people=(whose,),
            ends=span.ends_at,
        )
        return self.draft.strand(turning, place)

    def _override(self, row: Row, key: str, temporary: Sequence[Span]) -> None:
        """Take a change over; while a temporary schedule holds there is none."""
        comes = text(row, "addUserID") or text(under(row, "addUser"), "id")
        goes = text(row, "removeUserID") or text(under(row, "removeUser"), "id")
        span = _span(row)
        if span is None or not (comes or goes):
            return
        kinds = {(True, True): OverrideKind.REPLACE, (True, False): OverrideKind.ADD}
        kind = kinds.get((bool(comes), bool(goes)), OverrideKind.REMOVE)
        people = tuple(self.draft.person(one) if one else None for one in (comes, goes))
        for part in _outside(span, temporary):
            self.draft.add_override(key, kind, part, (people[0], people[1]))

    def policy(self, row: Row) -> None:
        """Take one escalation policy over."""
        name, steps, after, delay = text(row, "name"), [], timedelta(), timedelta()
        for step in sorted(several(row, "steps"), key=lambda one: whole(one, "stepNumber")):
            page = [one for target in _targets_of(step) for one in self._page(*target, f"policy {name}")]
            steps.append(CarriedStep(after=after, page=tuple(page)))
            delay = timedelta(minutes=max(whole(step, "delayMinutes", 1), 1))
            after += delay
        self.draft.add_policy(text(row, "id"), name, steps, max(whole(row, "repeat"), 0) + 1, last=delay)

    def _page(self, kind: str, key: str, place: str) -> tuple[str, ...]:
        if kind == "user":
            return (self.draft.person(key),)
        if kind == "rotation":
            return self._of_rotation(key, place)
        found = self.draft.targets(key) if kind == "schedule" else ()
        if not found:
            self.draft.warn(place, f"its target {kind} {key} is not carried over")
        return found

    def _of_rotation(self, key: str, place: str) -> tuple[str, ...]:
        """A rotation that a policy calls by itself becomes a schedule."""
        row = self._rotations.get(key, {})
        if self.draft.schedule(ROTATION + key) is None:
            zone = self.draft.zone(text(row, "timeZone") or "UTC", place)
            strand = self._rotation(key, zone, (), place)
            self.draft.add_schedule(ROTATION + key, f"rotation {text(row, 'name')}", zone, ((strand,),))
        return self.draft.targets(ROTATION + key)


def _rules(row: Row, channels: Mapping[str, str]) -> Mapping[str, RuleSteps]:
    found: list[tuple[timedelta, tuple[str, ...]]] = []
    for rule in several(row, "notificationRules"):
        method = text(rule, "contactMethodID") or text(under(rule, "contactMethod"), "id")
        if method in channels:
            found.append((timedelta(minutes=max(whole(rule, "delayMinutes"), 0)), (channels[method],)))
    return {DEFAULT: tuple(found)} if found else {}


def _argument(dest: Row) -> str:
    """Return the only argument of a destination: a number, an address or an id."""
    arguments = under(dest, "args")
    values = [text(arguments, key) for key in arguments]
    return next(iter([*values, *(text(one, "value") for one in several(dest, "values"))]), "")


def _policy_of(service: Row) -> str:
    return text(service, "escalationPolicyID") or text(under(service, "escalationPolicy"), "id")


def _user_ids(row: Row) -> tuple[str, ...]:
    return texts(row, "userIDs") or tuple(text(one, "id") for one in several(row, "users"))


def _targets_of(step: Row) -> Iterator[tuple[str, str]]:
    """Yield the kind and the id of each that a step calls, in either of the API's two forms."""
    yield from ((text(one, "type"), text(one, "id")) for one in several(step, "targets"))
    if not several(step, "targets"):
        yield from (
            (text(one, "type").removeprefix("builtin-"), _argument(one)) for one in several(step, "actions")
        )


def _span(row: Row) -> Span | None:
    start, end = moment(row, "start"), moment(row, "end")
    return (
        Span(starts_at=start, ends_at=end) if start is not None and end is not None and start < end else None
    )


def _only(rules: Sequence[Row]) -> tuple[Restriction, ...] | None:
    """Return the windows of a target's rules, none for always, and None for never."""
    spans = []
    for rule in rules:
        begins, ends = (_clock(text(rule, key)) for key in ("start", "end"))
        listed = rule.get("weekdayFilter")
        days = listed if isinstance(listed, list) else [True] * 7
        # The list begins with Sunday.
        on = [(number - 1) % 7 for number, active in enumerate(days[:7]) if active is True]
        spans += [(day * A_DAY + begins, (ends - begins) % A_DAY or A_DAY) for day in on]
    if not spans:
        return None
    return () if len({start // A_DAY for start, lasts in spans if lasts == A_DAY}) == 7 else windows(spans)


def _clock(written: str) -> int:
    try:
        at = time.fromisoformat(written)
    except ValueError:
        return 0
    return at.hour * 60 + at.minute


def _uncovered(row: Row) -> Iterator[Span]:
    """Yield when a temporary schedule has nobody: then nobody is on call at all."""
    span = _span(row)
    if span is None:
        return
    at = span.starts_at
    shifts = sorted(
        (shift for one in several(row, "shifts") if (shift := _span(one))), key=lambda one: one.starts_at
    )
    for shift in shifts:
        if at < shift.starts_at:
            yield Span(starts_at=at, ends_at=min(shift.starts_at, span.ends_at))
        at = max(at, shift.ends_at)
    if at < span.ends_at:
        yield Span(starts_at=at, ends_at=span.ends_at)


def _outside(span: Span, others: Sequence[Span]) -> Iterator[Span]:
    """Yield the parts of a span that are in none of the others."""
    at = span.starts_at
    for other in sorted(others, key=lambda one: one.starts_at):
        if at < min(other.starts_at, span.ends_at):
            yield Span(starts_at=at, ends_at=min(other.starts_at, span.ends_at))
        at = max(at, other.ends_at)
    if at < span.ends_at:
        yield Span(starts_at=at, ends_at=span.ends_at)


def _turns(start: datetime, at: datetime, zone: ZoneInfo, unit: Unit, every: int) -> int:
    """Return how many handovers there were from the start of a rotation to an instant, by the clock."""
    here, then = at.astimezone(zone).replace(tzinfo=None), start.astimezone(zone).replace(tzinfo=None)
    if unit is Unit.MONTHS:
        months = (here.year - then.year) * 12 + here.month - then.month
        early = (here.day, here.time()) < (then.day, then.time())
        return (months - early) // every
    if unit is Unit.HOURS and every % 24 and 24 % every:
        return (at - start) // timedelta(hours=every)
    return (here - then) // (every * (timedelta(hours=1) if unit is Unit.HOURS else _ONE_DAY))
