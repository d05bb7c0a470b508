"""Read an export of Opsgenie: what its REST API v2 answers (`docs.opsgenie.com/docs/api-overview`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Contact
from tocsin.oncall.imports.carried import Carried, CarriedStep, RuleSteps
from tocsin.oncall.imports.draft import Draft
from tocsin.oncall.imports.lanes import Strand
from tocsin.oncall.imports.rows import OF, Book, Row, moment, several, text, under, whole
from tocsin.oncall.imports.turning import Turning, Unit
from tocsin.oncall.imports.windows import A_DAY, A_WEEK, windows
from tocsin.oncall.people import DEFAULT
from tocsin.oncall.schedules.asking import Span
from tocsin.oncall.schedules.schedule import Restriction

SYSTEM = "opsgenie"
KINDS = {
    "users": "user",
    "notification_rules": "notification_rule",
    "teams": "team",
    "routing_rules": "routing_rule",
    "schedules": "schedule",
    "overrides": "override",
    "timelines": "timeline",
    "forwarding_rules": "forwarding_rule",
    "escalations": "escalation",
}
_CHANNELS = {"email": "smtp", "voice": "voice", "sms": "sms"}
_UNITS = {"hourly": (Unit.HOURS, 1), "daily": (Unit.DAYS, 1), "weekly": (Unit.DAYS, 7)}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES = {"minutes": 1, "hours": 60, "days": A_DAY, "": 1}


def read(book: Book, now: datetime) -> Carried:
    """Return what can be carried over. Raises `ImportRefused`."""
    reader = _Reader(book, Draft(SYSTEM, now))
    for row in book.all("users"):
        reader.user(row)
    for row in book.all("teams"):
        reader.team(row)
    for row in book.all("schedules"):
        reader.schedule(row)
    for row in book.all("forwarding_rules"):
        reader.forwarding(row)
    for row in book.all("escalations"):
        reader.escalation(row)
    for row in book.all("teams"):
        reader.routes(row)
    return reader.draft.carried()


class _Reader:
    """Reads one export into a draft."""

    def __init__(self, book: Book, draft: Draft) -> None:
        self.draft = draft
        self._book = book
        self._ids = {text(row, "username"): text(row, "id") for row in book.all("users")}

    def user(self, row: Row) -> None:
        """Take one person over, with contacts and rules."""
        name, contacts = text(row, "fullName"), []
        for one in several(row, "userContacts"):
            channel = _CHANNELS.get(text(one, "contactMethod"))
            if one.get("enabled") is False:
                continue
            if channel is None:
                self.draft.warn(f"person {name}", f"the contact {text(one, 'contactMethod')} is left out")
            else:
                contacts.append(Contact(channel=channel, address=_address(channel, text(one, "to"))))
        if not contacts and text(row, "username"):
            contacts.append(Contact(channel="smtp", address=text(row, "username")))
        self.draft.add_person(text(row, "id"), (text(row, "username"), name), contacts, self._rules(row))

    def _rules(self, row: Row) -> Mapping[str, RuleSteps]:
        steps: list[tuple[timedelta, tuple[str, ...]]] = []
        for rule in self._book.of("notification_rules", text(row, "id")):
            if text(rule, "actionType") != "create-alert" or rule.get("enabled") is False:
                continue
            if text(under(rule, "criteria"), "type") not in ("", "match-all"):
                self.draft.warn(
                    f"person {text(row, 'fullName')}",
                    f"the conditions of the rule {text(rule, 'name')} are left out",
                )
            for step in several(rule, "steps"):
                channel = _CHANNELS.get(text(under(step, "contact"), "method"))
                if channel is not None and step.get("enabled") is not False:
                    steps.append((_delay(under(step, "sendAfter")), (channel,)))
        return {DEFAULT: tuple(steps)} if steps else {}

    def team(self, row: Row) -> None:
        """Take one team over."""
        members = tuple(self._person(under(one, "user")) for one in several(row, "members"))
        self.draft.add_team(text(row, "id"), text(row, "name"), members)

    def schedule(self, row: Row) -> None:
        """Take one schedule over: its rotations are on call beside each other."""
        key, name = text(row, "id"), text(row, "name")
        place = f"schedule {name}"
        if row.get("enabled") is False:
            self.draft.warn(place, "it is switched off; it is left out")
            return
        zone = self.draft.zone(text(row, "timezone"), place)
        strands = {
            text(one, "id"): strand
            for one in several(row, "rotations")
            if (strand := self._rotation(one, zone, place))
        }
        overrides = self._overrides(row)
        # What an override names must stay a schedule of its own, so that it alone is overridden.
        named = any(several(one, "rotations") for one in overrides)
        self.draft.add_schedule(
            key, name, zone, (tuple(strands.values()),), own=strands.values() if named else None
        )
        for one in overrides:
            self._override(one, key, tuple(strands))
        self._rendered(key)

    def _rotation(self, row: Row, zone: ZoneInfo, place: str) -> Strand:
        name = text(row, "name") or "rotation"
        here = f"{place}, rotation {name}"
        unit, times = _UNITS.get(text(row, "type"), (None, 1))
        anchor = moment(row, "startDate")
        if unit is None or anchor is None:
            self.draft.warn(here, "its type or its start is not known; it is left out")
            return ()
        length = whole(row, "length", 1)
        if unit is Unit.HOURS and length % 24 and 24 % max(length, 1):
            self.draft.warn(here, "its turns are counted in elapsed hours, also where clocks change")
        turning = Turning(
            name=name,
            zone=zone,
            unit=unit,
            every=length * times,
            anchor=anchor,
            people=self._participants(row, here),
            ends=moment(row, "endDate"),
            only=_only(under(row, "timeRestriction")),
        )
        return self.draft.strand(turning, here)

    def _participants(self, row: Row, place: str) -> tuple[str, ...]:
        found = []
        for one in several(row, "participants"):
            if text(one, "type") == "user":
                found.append(self._person(one))
            else:
                self.draft.warn(
                    place,
                    f"a turn of {text(one, 'type')} {text(one, 'name')} is left out; the next person has it",
                )
        return tuple(found)

    def _overrides(self, row: Row) -> tuple[Row, ...]:
        key = text(row, "id")
        within = (one for one in self._book.all("overrides") if text(under(one, "_parent"), "id") == key)
        return (*several(row, "overrides"), *self._book.of("overrides", key), *within)

    def _override(self, row: Row, key: str, rotations: tuple[str, ...]) -> None:
        start, end = moment(row, "startDate"), moment(row, "endDate")
        if start is None or end is None or start >= end:
            return
        named = {text(one, "id") for one in several(row, "rotations")}
        meant = [number for number, one in enumerate(rotations) if one in named] if named else None
        span = Span(starts_at=start, ends_at=end)
        person = self._person(under(row, "user"))
        self.draft.add_override(key, OverrideKind.REPLACE, span, (person, None), meant)

    def _rendered(self, key: str) -> None:
        for row in self._book.all("timelines"):
            if key not in (text(row, OF), text(under(row, "_parent"), "id")):
                continue
            rotations = several(under(row, "finalTimeline"), "rotations")
            for period in (one for rotation in rotations for one in several(rotation, "periods")):
                whose = under(period, "recipient")
                if text(whose, "type") == "user":
                    times = moment(period, "startDate"), moment(period, "endDate")
                    self.draft.add_rendered(key, *times, self._person(whose))

    def forwarding(self, row: Row) -> None:
        """Take over that somebody's notifications go to another for a while, in all schedules."""
        start, end = moment(row, "startDate"), moment(row, "endDate")
        if start is None or end is None or start >= end:
            return
        people = self._person(under(row, "toUser")), self._person(under(row, "fromUser"))
        for one in self._book.all("schedules"):
            span = Span(starts_at=start, ends_at=end)
            self.draft.add_override(text(one, "id"), OverrideKind.REPLACE, span, people)

    def escalation(self, row: Row) -> None:
        """Take one escalation over as a policy."""
        name = text(row, "name")
        steps = [
            CarriedStep(after=_delay(under(rule, "delay")), page=self._target(rule, name))
            for rule in several(row, "rules")
        ]
        if any(text(rule, "condition") == "if-not-closed" for rule in several(row, "rules")):
            self.draft.warn(
                f"policy {name}", "`if-not-closed`: here nobody is called after the acknowledgement"
            )
        repeat = under(row, "repeat")
        waits = timedelta(minutes=whole(repeat, "waitInterval"))
        self.draft.add_policy(text(row, "id"), name, steps, max(whole(repeat, "count"), 0) + 1, last=waits)

    def _target(self, rule: Row, policy: str) -> tuple[str, ...]:
        recipient, how = under(rule, "recipient"), text(rule, "notifyType")
        kind, key = text(recipient, "type"), text(recipient, "id")
        if kind == "user":
            return (self._person(recipient),)
        if kind == "schedule":
            found = self.draft.targets(key, "secondary" if how == "next" else "primary")
            expected = frozenset({"default", "next", ""})
        else:
            found, expected = self.draft.team(key), frozenset({"all", ""})
        if not found:
            said = text(recipient, "name") or key
            self.draft.warn(f"policy {policy}", f"its target {kind} {said} is not carried over")
        elif how not in expected:
            self.draft.warn(f"policy {policy}", f"`{how}` is not known here; it calls {', '.join(found)}")
        return found

    def routes(self, row: Row) -> None:
        """Take over where a team's alerts go; a schedule gets a policy that calls it at once."""
        team = text(row, "name")
        for rule in self._book.of("routing_rules", text(row, "id")):
            notify = under(rule, "notify")
            if rule.get("isDefault") is not True:
                self.draft.warn(f"team {team}", f"the routing rule {text(rule, 'name')} is not carried over")
                continue
            if text(notify, "type") == "schedule":
                key = text(notify, "id")
                step = CarriedStep(after=timedelta(), page=self.draft.targets(key))
                self.draft.add_policy(f"team {team}", f"{team} on call", (step,), 1)
                self.draft.add_route("team", team, f"team {team}")
            elif text(notify, "type") == "escalation":
                self.draft.add_route("team", team, text(notify, "id"))

    def _person(self, row: Row) -> str:
        name = text(row, "username") or text(row, "name")
        return self.draft.person(text(row, "id") or self._ids.get(name, name), name)


def _address(channel: str, written: str) -> str:
    """Return an address; telephone numbers are written with a hyphen after the country's code."""
    return written if channel == "smtp" else f"+{written.replace('-', '').lstrip('+')}"


def _delay(row: Row) -> timedelta:
    unit = _MINUTES.get(text(row, "timeUnit"), 1)
    return timedelta(minutes=min(max(whole(row, "timeAmount"), 0), A_WEEK) * unit)


def _only(row: Row) -> tuple[Restriction, ...]:
    if text(row, "type") == "time-of-day":
        one = under(row, "restriction")
        begins, ends = _time(one, "start"), _time(one, "end")
        return windows((day * A_DAY + begins, (ends - begins) % A_DAY or A_DAY) for day in range(7))
    found = []
    for one in several(row, "restrictions"):
        begins, ends = (_day(one, at) * A_DAY + _time(one, at) for at in ("start", "end"))
        found.append((begins, (ends - begins) % A_WEEK or A_WEEK))
    return windows(found)


def _time(row: Row, at: str) -> int:
    return (whole(row, f"{at}Hour") * 60 + whole(row, f"{at}Min")) % A_DAY


def _day(row: Row, at: str) -> int:
    day = text(row, f"{at}Day").lower()
    return _DAYS.index(day) if day in _DAYS else 0
