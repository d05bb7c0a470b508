"""The nouns of an import: what is carried over from another product, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.person import Person
from tocsin.oncall.people import Team
from tocsin.oncall.schedules.asking import Wish
from tocsin.oncall.schedules.schedule import Schedule

RuleSteps = tuple[tuple[timedelta, tuple[str, ...]], ...]
"""After how long which channels are used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPerson:
    """Somebody of the export. `rules` are the person's own, by the name of the set."""

    key: str
    person: Person
    rules: Mapping[str, RuleSteps] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedSchedule:
    """One schedule of the export: several of ours where several people are on call by it at once."""

    key: str
    name: str
    zone: ZoneInfo
    ours: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedStep:
    """Whom a policy calls, as `oncall.yml` writes it (`primary of web`, `ben`), so long after the start."""

    after: timedelta
    page: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPolicy:
    """An escalation policy; `rounds` is how often its steps are gone through."""

    key: str
    name: str
    steps: tuple[CarriedStep, ...]
    rounds: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedRoute:
    """Incidents that a service or team of the export had, and the policy that called for them."""

    name: str
    when: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Who is on call from when until when, as the other product itself computed it: persons' usernames."""

    schedule: str
    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A whole export. `warnings` name, line by line, what could not be carried over as it was."""

    system: str
    people: tuple[CarriedPerson, ...]
    schedules: tuple[CarriedSchedule, ...]
    teams: tuple[Team, ...] = ()
    policies: tuple[CarriedPolicy, ...] = ()
    routes: tuple[CarriedRoute, ...] = ()
    overrides: tuple[Wish, ...] = ()
    rendered: tuple[Rendered, ...] = ()
    warnings: tuple[str, ...] = ()
