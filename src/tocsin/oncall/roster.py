"""Read `oncall.yml`: who can be called, when, by which policy, and who is told of what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tocsin.domain.calendar import Calendar
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.person import Contact, Person
from tocsin.domain.severity import Severity
from tocsin.oncall.limits import Limits, read_limits
from tocsin.oncall.notices import Digest, NoticeRule, read_digests, read_notices
from tocsin.oncall.people import PersonalRules, Team, read_channels, read_people, read_teams
from tocsin.oncall.policies import (
    DEFAULT_POLICY,
    DEFAULT_SCHEDULE,
    Known,
    Policy,
    read_policies,
    read_rounds,
    read_steps,
)
from tocsin.oncall.routes import Route, read_routes
from tocsin.oncall.schedules.calendar_file import Files
from tocsin.oncall.schedules.calendars import read_calendars
from tocsin.oncall.schedules.reading import read_schedule, read_schedules
from tocsin.oncall.schedules.schedule import Schedule

_SIMPLE = ("schedule", "escalation", "repeat")
_SECTIONS = (
    "people",
    "teams",
    "channels",
    "calendars",
    "schedules",
    "policies",
    "routes",
    "notices",
    "limits",
    "digest",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """An on-call file, checked. Without any schedule pages go to the administrators' Inbox.

    A severity without steps calls nobody. `rules` are those of people who have their own.
    """

    path: str
    people: Mapping[str, Person]
    policies: Mapping[str, Policy]
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    channels: Mapping[str, Contact] = field(default_factory=dict)
    rules: Mapping[str, PersonalRules] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    notices: tuple[NoticeRule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    digests: tuple[Digest, ...] = ()

    @property
    def schedule(self) -> Schedule | None:
        """Return the schedule `default`, or None."""
        return self.schedules.get(DEFAULT_SCHEDULE)

    def policy(self, name: str) -> Policy:
        """Return a policy; one that is no longer in the file, or none, is `default`."""
        return self.policies.get(name) or self.policies[DEFAULT_POLICY]

    def pages(self, severity: Severity, policy: str = DEFAULT_POLICY) -> bool:
        """Say whether incidents of this severity call a person."""
        return self.policy(policy).pages(severity)

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Return every address that the file names, each once."""
        found = [contact for person in self.people.values() for contact in person.contacts]
        found += [rule.contact for rule in self.notices]
        found += self.channels.values()
        return tuple(dict.fromkeys(found))


def parse_roster(text: str, path: str, files: Files | None = None) -> Roster:
    """Read `oncall.yml`; `files` are the calendar files it may name. Raises `PackProblem`.

    The simple form has `schedule`, `escalation` and perhaps `repeat`: they are the schedule and the policy
    named `default`, and may stand beside `schedules` and `policies`.
    """
    root = parse(text, path)
    keys = root.mapping((*_SECTIONS, *_SIMPLE), required=("people",))
    for simple, several in (("schedule", "schedules"), ("escalation", "policies")):
        if simple not in keys and several not in keys:
            raise root.problem(f"the key `{simple}` is missing.", f"Add `{simple}:` or `{several}:`.")
    people, rules = read_people(keys["people"])
    channels = read_channels(keys["channels"]) if "channels" in keys else {}
    teams = read_teams(keys["teams"], people) if "teams" in keys else {}
    calendars = read_calendars(keys["calendars"], files) if "calendars" in keys else {}
    schedules = _schedules(keys, people, files)
    known = Known(
        people=people,
        teams=teams,
        schedules={DEFAULT_SCHEDULE, *schedules},
        calendars=calendars,
        channels=channels,
    )
    policies = _policies(root, keys, known)
    return Roster(
        path=path,
        people=people,
        policies=policies,
        schedules=schedules,
        calendars=calendars,
        teams=teams,
        channels=channels,
        rules=rules,
        routes=read_routes(keys["routes"], policies, channels) if "routes" in keys else (),
        notices=read_notices(keys["notices"], channels) if "notices" in keys else (),
        limits=read_limits(keys["limits"]) if "limits" in keys else Limits(),
        digests=read_digests(keys["digest"], channels) if "digest" in keys else (),
    )


def _schedules(
    keys: Mapping[str, Located], people: Mapping[str, Person], files: Files | None
) -> Mapping[str, Schedule]:
    schedules = dict(read_schedules(keys["schedules"], people, files)) if "schedules" in keys else {}
    if "schedule" in keys and not keys["schedule"].is_null:
        _refuse_twice(keys["schedule"], DEFAULT_SCHEDULE, schedules)
        schedules[DEFAULT_SCHEDULE] = read_schedule(DEFAULT_SCHEDULE, keys["schedule"], people)
    return schedules


def _policies(root: Located, keys: Mapping[str, Located], known: Known) -> Mapping[str, Policy]:
    policies = dict(read_policies(keys["policies"], known)) if "policies" in keys else {}
    if "escalation" in keys:
        _refuse_twice(keys["escalation"], DEFAULT_POLICY, policies)
        steps = keys["escalation"].mapping(tuple(Severity))
        policies[DEFAULT_POLICY] = Policy(
            name=DEFAULT_POLICY,
            steps={Severity(name): read_steps(body, known, DEFAULT_SCHEDULE) for name, body in steps.items()},
            rounds=read_rounds(keys["repeat"]) if "repeat" in keys else None,
        )
    if DEFAULT_POLICY not in policies:
        raise keys["policies"].problem(
            f"there is no policy `{DEFAULT_POLICY}`.",
            "Add it; incidents that no route fits are called by it.",
        )
    return policies


def _refuse_twice(written: Located, name: str, others: Collection[str]) -> None:
    if name in others:
        raise written.problem(
            f"`{name}` is written twice, here and in the section of several.", "Keep one of the two."
        )
