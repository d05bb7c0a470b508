"""Read escalation policies: steps by severity, whom each calls, and what follows the last."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.domain.calendar import Calendar
from tocsin.domain.pack_file import Located
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import Team, known_person, read_named
from tocsin.oncall.waits import Wait, read_wait

DEFAULT_POLICY = "default"
DEFAULT_SCHEDULE = "default"
UNTIL_ACKNOWLEDGED = "until acknowledged"
NEVER = "never"
_TIMES = re.compile(r"(?P<times>[1-9]\d?) times?")
_OF = re.compile(r"(?P<kind>primary|secondary|lead|everybody) of (?P<name>.+)")
_STEP_KEYS = ("after", "page", "by", "fallback", "needs", "tell")


class TargetKind(StrEnum):
    """Whom a step calls: by a schedule, by a team, or one person."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    LEAD = "lead"
    EVERYBODY = "everybody"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One that a step calls; `name` is that of a schedule, a team (lead, everybody) or a person."""

    kind: TargetKind
    name: str

    @property
    def role(self) -> str:
        """Return what the called person is called as: `primary`, `secondary of payments`, `lead of web`."""
        if self.kind is TargetKind.PERSON:
            return "named person"
        by_default = self.name == DEFAULT_SCHEDULE and self.kind in (TargetKind.PRIMARY, TargetKind.SECONDARY)
        return self.kind.value if by_default else f"{self.kind} of {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStep:
    """Call these this long after the escalation began, and tell these rooms.

    `by` limits and forces the channels; empty leaves it to the person's own rules. `fallback` are channels to
    be used one after another where those before them fail. `needs` is how many people must acknowledge.
    """

    after: Wait
    page: tuple[Target, ...] = ()
    by: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    needs: int = 1
    tell: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Steps by severity. `rounds` is how often they are gone through, None until somebody acknowledges.

    After the last round the policy `hand_over` goes on, if there is one.
    """

    name: str
    steps: Mapping[Severity, tuple[PolicyStep, ...]] = field(default_factory=dict)
    rounds: int | None = None
    hand_over: str | None = None

    def of(self, severity: Severity) -> tuple[PolicyStep, ...]:
        """Return the steps of a severity, none where it calls and tells nobody."""
        return self.steps.get(severity, ())

    def pages(self, severity: Severity) -> bool:
        """Say whether incidents of this severity call a person."""
        return any(step.page for step in self.of(severity))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a policy may use."""

    people: Collection[str]
    teams: Mapping[str, Team]
    schedules: Collection[str]
    calendars: Mapping[str, Calendar]
    channels: Mapping[str, Contact]


def read_policies(written: Located, known: Known) -> Mapping[str, Policy]:
    """Read the section `policies`. Raises `PackProblem`."""
    policies = {name.text: _policy(name.text, body, known) for name, body in written.entries()}
    for name, body in written.entries():
        _demand_end(name.text, body, policies)
    return policies


def read_steps(
    written: Located, known: Known, schedule: str, calendar: Calendar | None = None, *, is_last: bool = True
) -> tuple[PolicyStep, ...]:
    """Read the steps of one severity, each later than the one above it. Raises `PackProblem`.

    `is_last` says that no other policy is handed over to, so that the steps here call all there are.
    """
    steps: list[PolicyStep] = []
    asked: list[Located] = []
    for member in written.sequence():
        keys = member.mapping(_STEP_KEYS, required=("after",))
        after = read_wait(keys["after"], calendar)
        if steps and not after.may_follow(steps[-1].after):
            raise keys["after"].problem(
                "the steps do not follow each other in time.",
                "Give each step a later `after` than the one above.",
            )
        if "needs" in keys:
            asked.append(keys["needs"])
        if "page" not in keys and "tell" not in keys:
            raise member.problem("the step calls and tells nobody.", "Add `page:` or `tell:`.")
        steps.append(
            PolicyStep(
                after=after,
                page=_targets(keys["page"], known, schedule) if "page" in keys else (),
                by=_channels(keys.get("by")),
                fallback=_channels(keys.get("fallback")),
                needs=_needs(keys["needs"]) if "needs" in keys else 1,
                tell=read_named(keys["tell"], known.channels) if "tell" in keys else (),
            )
        )
    for needs in asked if is_last else ():
        _demand_people(needs, steps, known.teams)
    return tuple(steps)


def read_rounds(written: Located) -> int | None:
    """Read `until acknowledged` (None), `never` (1) or `2 times` (3 rounds). Raises `PackProblem`."""
    text = written.string()
    times = _TIMES.fullmatch(text)
    if times is not None:
        return 1 + int(times["times"])
    return None if written.choice((UNTIL_ACKNOWLEDGED, NEVER, "N times")) == UNTIL_ACKNOWLEDGED else 1


def _policy(name: str, written: Located, known: Known) -> Policy:
    keys = written.mapping(("steps", "schedule", "calendar", "repeat", "hand_over"), required=("steps",))
    schedule = DEFAULT_SCHEDULE
    if "schedule" in keys:
        schedule = _known(keys["schedule"], known.schedules, "schedules")
    calendar = None
    if "calendar" in keys:
        calendar = known.calendars[_known(keys["calendar"], known.calendars, "calendars")]
    is_last = "hand_over" not in keys
    return Policy(
        name=name,
        steps={
            Severity(each): read_steps(body, known, schedule, calendar, is_last=is_last)
            for each, body in keys["steps"].mapping(tuple(Severity)).items()
        },
        rounds=read_rounds(keys["repeat"]) if "repeat" in keys else None,
        hand_over=keys["hand_over"].string() if "hand_over" in keys else None,
    )


def _demand_end(name: str, written: Located, policies: Mapping[str, Policy]) -> None:
    """A policy that hands over must end by itself, and the last of those that follow may not lead back."""
    policy = policies[name]
    if policy.hand_over is None:
        return
    place = dict((key.text, value) for key, value in written.entries())["hand_over"]
    if policy.rounds is None:
        raise place.problem(
            f"{name} repeats until somebody acknowledges and never hands over.",
            "Add `repeat: never` or `repeat: 2 times`, or leave `hand_over` out.",
        )
    passed = [name]
    while (following := policies[passed[-1]].hand_over) is not None:
        if following not in policies:
            raise place.problem(
                f"there is no policy `{following}`.", f"Use one of: {', '.join(sorted(policies))}."
            )
        if following in passed:
            raise place.problem(
                f"{' → '.join((*passed, following))} leads back to itself.",
                "Let the last one repeat until somebody acknowledges instead.",
            )
        passed.append(following)


def _targets(written: Located, known: Known, schedule: str) -> tuple[Target, ...]:
    members = written.sequence() if written.kind == "seq" else (written,)
    if not members:
        raise written.problem("the step calls nobody.", "Name at least one, or leave `page` out.")
    return tuple(_target(member, known, schedule) for member in members)


def _target(written: Located, known: Known, schedule: str) -> Target:
    text = written.string()
    if text in (TargetKind.PRIMARY, TargetKind.SECONDARY):
        return Target(kind=TargetKind(text), name=schedule)
    of = _OF.fullmatch(text)
    if of is None:
        if text not in known.people:
            raise written.problem(
                f"`{text}` is not possible here.",
                "Use primary, secondary, `primary of SCHEDULE`, `lead of TEAM`, `everybody of TEAM`, "
                "or the username of somebody listed under `people`.",
            )
        return Target(kind=TargetKind.PERSON, name=known_person(written, known.people))
    kind = TargetKind(of["kind"])
    if kind in (TargetKind.PRIMARY, TargetKind.SECONDARY):
        _demand(of["name"], written, known.schedules, "schedules")
    else:
        _demand(of["name"], written, known.teams, "teams")
    if kind is TargetKind.LEAD and known.teams[of["name"]].lead is None:
        raise written.problem(f"the team {of['name']} has no `lead`.", "Name one, or call somebody else.")
    return Target(kind=kind, name=of["name"])


def _known(written: Located, names: Collection[str], section: str) -> str:
    _demand(written.string(), written, names, section)
    return written.text


def _demand(name: str, written: Located, names: Collection[str], section: str) -> None:
    if name not in names:
        raise written.problem(
            f"`{name}` is not listed under `{section}`.", "Add it there, or correct the name."
        )


def _channels(written: Located | None) -> tuple[str, ...]:
    if written is None:
        return ()
    names = written.strings() if written.kind == "seq" else (written.string(),)
    return tuple(dict.fromkeys(names))


def _demand_people(needs: Located, steps: Collection[PolicyStep], teams: Mapping[str, Team]) -> None:
    """Refuse a number of people that all steps together do not call: it could never be reached."""
    called: set[tuple[TargetKind, str]] = set()
    for target in (target for step in steps for target in step.page):
        people: tuple[str | None, ...] = (target.name,)
        if target.kind is TargetKind.EVERYBODY:
            people = teams[target.name].members
        elif target.kind is TargetKind.LEAD:
            people = (teams[target.name].lead,)
        by_schedule = target.kind in (TargetKind.PRIMARY, TargetKind.SECONDARY)
        kind = target.kind if by_schedule else TargetKind.PERSON
        called |= {(kind, str(person)) for person in people}
    if int(needs.number()) > len(called):
        raise needs.problem(
            f"{int(needs.number())} people must acknowledge, but the steps call {len(called)} at most.",
            "Ask for fewer, or call more people.",
        )


def _needs(written: Located) -> int:
    needs = written.number()
    if needs != int(needs) or not 1 <= needs <= 10:
        raise written.problem("this is no number of people.", "Write a whole number from 1 to 10.")
    return int(needs)
