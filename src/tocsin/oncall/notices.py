"""Read who is only told: rules for notices of incidents, and lists that are sent by the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from zoneinfo import ZoneInfo

from tocsin.domain.pack_file import Located
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import read_named

_UTC = ZoneInfo("UTC")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LATEST_DAY = 28


class NoticeEvent(StrEnum):
    """What a notice tells of."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    UNANSWERED = "unanswered"
    CHANGED = "changed"
    RESOLVED = "resolved"
    UNREACHED = "unreached"
    TOLD = "told"
    """Said by a runbook to those whom it names; no rule can ask for it."""


RULED = tuple(each for each in NoticeEvent if each is not NoticeEvent.TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """Tell this address of these events of incidents of these severities."""

    contact: Contact
    severities: frozenset[Severity]
    events: frozenset[NoticeEvent]

    def tells(self, severity: Severity, event: NoticeEvent) -> bool:
        """Say whether the rule wants it; who hears of each step hears too that the last one went by."""
        is_last = event is NoticeEvent.UNANSWERED and NoticeEvent.ESCALATED in self.events
        return severity in self.severities and (is_last or event in self.events)


class DigestOf(StrEnum):
    """What a list holds: incidents of some severities, or who can be reached."""

    INCIDENTS = "incidents"
    READINESS = "readiness"


class Every(StrEnum):
    """How often a list is sent."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A list sent by the calendar. `day` is 1 to 28 of a month, or 0 (Monday) to 6 of a week; `at` local."""

    of: DigestOf
    every: Every
    day: int
    at: time
    zone: ZoneInfo
    tell: tuple[Contact, ...]
    severities: frozenset[Severity]

    @property
    def name(self) -> str:
        """Return what tells it from the others of a file."""
        chosen = "".join(sorted(self.severities))
        return f"{self.of}:{self.every}:{self.day}:{self.at:%H%M}:{self.zone.key}:{chosen}"


def read_notices(written: Located, channels: Mapping[str, Contact]) -> tuple[NoticeRule, ...]:
    """Read the section `notices`. Raises `PackProblem`."""
    return tuple(rule for member in written.sequence() for rule in _notices(member, channels))


def read_digests(written: Located, channels: Mapping[str, Contact]) -> tuple[Digest, ...]:
    """Read the section `digest`: one, or a list of them. Raises `PackProblem`."""
    members = written.sequence() if written.kind == "seq" else (written,)
    return tuple(_digest(member, channels) for member in members)


def read_severities(written: Located) -> frozenset[Severity]:
    """Read a list of severities. Raises `PackProblem`."""
    return frozenset(Severity(one.choice(tuple(Severity))) for one in written.sequence())


def _notices(written: Located, channels: Mapping[str, Contact]) -> tuple[NoticeRule, ...]:
    """A rule with `to` names rooms of the section `channels`, one without writes its address out."""
    named = any(key.text == "to" for key, _ in written.entries())
    address = ("to",) if named else ("channel", "address")
    keys = written.mapping((*address, "severities", "events"), required=(*address, "severities"))
    contacts = (
        read_named(keys["to"], channels)
        if named
        else (Contact(channel=keys["channel"].string(), address=keys["address"].string()),)
    )
    events: frozenset[NoticeEvent] = frozenset(RULED)
    if "events" in keys:
        events = frozenset(NoticeEvent(one.choice(RULED)) for one in keys["events"].sequence())
    severities = read_severities(keys["severities"])
    return tuple(NoticeRule(contact=one, severities=severities, events=events) for one in contacts)


def _digest(written: Located, channels: Mapping[str, Contact]) -> Digest:
    keys = written.mapping(("of", "every", "on", "at", "zone", "tell", "severities"), required=("tell",))
    of = DigestOf(keys["of"].choice(tuple(DigestOf))) if "of" in keys else DigestOf.INCIDENTS
    usual = Every.MONTH if of is DigestOf.INCIDENTS else Every.WEEK
    every = Every(keys["every"].choice(tuple(Every))) if "every" in keys else usual
    return Digest(
        of=of,
        every=every,
        day=_day(keys.get("on"), every),
        at=keys["at"].time_of_day() if "at" in keys else time(9),
        zone=keys["zone"].zone() if "zone" in keys else _UTC,
        tell=read_named(keys["tell"], channels),
        severities=read_severities(keys["severities"]) if "severities" in keys else frozenset({Severity.P4}),
    )


def _day(written: Located | None, every: Every) -> int:
    if every is Every.WEEK:
        return 0 if written is None else _WEEKDAYS.index(written.choice(_WEEKDAYS))
    day = 1.0 if written is None else written.number()
    if day not in range(1, _LATEST_DAY + 1) and written is not None:
        raise written.problem(
            "this is not a day that every month has.", f"Write a whole number from 1 to {_LATEST_DAY}."
        )
    return int(day)
