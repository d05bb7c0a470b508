"""What a reader fills while it goes through an export: people, schedules, policies, and what must be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.domain.local_time import UTC_ZONE
from tocsin.domain.override import OverrideKind
from tocsin.domain.person import Contact
from tocsin.oncall.imports import lanes
from tocsin.oncall.imports.carried import (
    Carried,
    CarriedPerson,
    CarriedPolicy,
    CarriedRoute,
    CarriedSchedule,
    CarriedStep,
    Rendered,
    RuleSteps,
)
from tocsin.oncall.imports.persons import carried_person, username
from tocsin.oncall.imports.rows import ImportRefused
from tocsin.oncall.imports.turning import Turning, layers
from tocsin.oncall.people import Team
from tocsin.oncall.policies import DEFAULT_POLICY
from tocsin.oncall.schedules.asking import LONGEST, Span, Wish

MAX_EVERY = 9_000
"""Units of one turn; more is taken for a mistake."""
MAX_SCHEDULES = 500
_ONLY_STEP = timedelta(minutes=5)


class Draft:
    """Collects what one export gives. `now` is when the import looks; what is over by then is left out."""

    def __init__(self, system: str, now: datetime) -> None:
        self.now = now
        self._system = system
        self._people: dict[str, CarriedPerson] = {}
        self._schedules: dict[str, CarriedSchedule] = {}
        self._policies: dict[str, CarriedPolicy] = {}
        self._teams: dict[str, Team] = {}
        self._routes: list[CarriedRoute] = []
        self._overrides: list[Wish] = []
        self._rendered: list[Rendered] = []
        self._warnings: dict[str, None] = {}

    def warn(self, place: str, happened: str) -> None:
        """Name something that is not carried over as it was."""
        self._warnings[f"{place}: {happened}"] = None

    def add_person(
        self, key: str, names: tuple[str, str], contacts: Iterable[Contact], rules: Mapping[str, RuleSteps]
    ) -> None:
        """Add somebody by the other product's key, with what the username is made of and the name."""
        taken = {one.person.username for one in self._people.values()}
        own = (username(names[0] or names[1] or key, taken), names[1])
        self._people[key] = carried_person(key, own, contacts, rules)

    def person(self, key: str, called: str = "") -> str:
        """Return somebody's username; who is not among the people is added, reached by nothing."""
        if key not in self._people:
            self.add_person(key, ("", called or key), (), {})
            self.warn(
                f"person {called or key}",
                "the export tells no more than this name; it is kept so that the turns stay as they are",
            )
        return self._people[key].person.username

    def zone(self, name: str, place: str) -> ZoneInfo:
        """Return a zone by its IANA name; an unknown one is UTC, and named."""
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.warn(place, f"`{name}` is not a time zone; UTC is used")
            return UTC_ZONE

    def strand(self, turning: Turning, place: str) -> lanes.Strand:
        """Return a rotation as layers, none (and a warning) where it cannot be computed."""
        if not 1 <= turning.every <= MAX_EVERY or len(turning.people) > 500:
            self.warn(place, "its turns are too long or its people too many; it is left out")
            return ()
        try:
            found = layers(turning, self.now)
        except (ValueError, OverflowError):
            self.warn(place, "its dates are beyond all bounds; it is left out")
            return ()
        return found

    def add_schedule(
        self,
        key: str,
        name: str,
        zone: ZoneInfo,
        levels: Sequence[lanes.Level],
        *,
        own: Iterable[lanes.Strand] | None = None,
    ) -> None:
        """Add a schedule of rotations; with `own`, each of these gets a schedule of its own instead."""
        if len(self._schedules) >= MAX_SCHEDULES:
            raise ImportRefused(
                f"The export holds more than {MAX_SCHEDULES} schedules.",
                means="Nothing was taken over.",
                next_step="Export less, such as one team.",
            )
        free = self._free(name or key)
        kept = [tuple(strand for strand in level if strand) for level in levels]
        if own is not None:
            self.warn(
                f"schedule {free}", "each rotation stays a schedule of its own, whose gaps are told as such"
            )
        ours = (
            lanes.schedules(free, zone, [level for level in kept if level], self.now)
            if own is None
            else lanes.apart(free, zone, [strand for strand in own if strand])
        )
        if not ours:
            self.warn(f"schedule {name}", "nobody is ever on call by it from now on; it is left out")
            return
        self._schedules[key] = CarriedSchedule(key=key, name=free, zone=zone, ours=ours)

    def schedule(self, key: str) -> CarriedSchedule | None:
        """Return a schedule by the other product's key."""
        return self._schedules.get(key)

    def targets(self, key: str, role: str = "primary") -> tuple[str, ...]:
        """Return how a policy calls whoever is on call by a schedule, nothing if there is none."""
        found = self._schedules.get(key)
        return tuple(f"{role} of {one.name}" for one in found.ours) if found else ()

    def add_team(self, key: str, name: str, members: tuple[str, ...]) -> None:
        """Add a team by the other product's key; one of nobody is left out."""
        if members:
            self._teams[key] = Team(name=_plain(name or key), members=tuple(dict.fromkeys(members)))

    def team(self, key: str) -> tuple[str, ...]:
        """Return how a policy calls everybody of a team."""
        return (f"everybody of {self._teams[key].name}",) if key in self._teams else ()

    def add_override(
        self,
        key: str,
        kind: OverrideKind,
        span: Span,
        people: tuple[str | None, str | None],
        lanes_meant: Iterable[int] | None = None,
    ) -> None:
        """Add a change of a schedule for a while: who comes on call, and in whose stead.

        It is one of all schedules of ours that stand for it, or of those with these numbers.
        """
        found = self._schedules.get(key)
        if found is None or span.ends_at <= self.now:
            return
        if span.ends_at - max(span.starts_at, self.now) > LONGEST:
            self.warn(
                f"schedule {found.name}",
                f"the override from {span.starts_at} lasts over a year; it is left out",
            )
            return
        # Who comes beside the others needs no second place where several schedules stand for one.
        every = range(1 if kind is OverrideKind.ADD else len(found.ours))
        for one in (found.ours[number] for number in (every if lanes_meant is None else lanes_meant)):
            self._overrides.append(
                Wish(
                    schedule=one.name,
                    kind=kind,
                    span=span,
                    person=people[0],
                    instead_of=people[1],
                    reason=f"imported from {self._system}",
                )
            )

    def add_policy(
        self, key: str, name: str, steps: Iterable[CarriedStep], rounds: int, last: timedelta | None = None
    ) -> None:
        """Add a policy; steps at the same time are one. `last` is how long it waits after its last step."""
        kept: dict[timedelta, CarriedStep] = {}
        for step in sorted(steps, key=lambda one: one.after):
            if step.page:
                before = kept[step.after].page if step.after in kept else ()
                page = tuple(dict.fromkeys((*before, *step.page)))
                kept[step.after] = replace(step, page=page)
        if not kept:
            self.warn(f"policy {name}", "it calls nobody; it is left out")
            return
        times = tuple(kept)
        ours = times[-1] - times[-2] if len(times) > 1 else _ONLY_STEP
        if rounds > 1 and last is not None and last != ours:
            self.warn(f"policy {name}", f"a new round began {last} after the last step; here it is {ours}")
        others = {policy.name for policy in self._policies.values()}
        self._policies[key] = CarriedPolicy(
            key=key, name=_unique(_plain(name or key), others), steps=tuple(kept.values()), rounds=rounds
        )

    def add_route(self, label: str, value: str, policy: str) -> None:
        """Add a route by one label; without the policy there is none, and it is named."""
        found = self._policies.get(policy)
        if found is None:
            self.warn(f"{label} {value}", "it has no policy that was carried over; it gets no route")
            return
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        self._routes.append(CarriedRoute(name=value, when=f'{label} = "{quoted}"', policy=found.name))

    def add_rendered(self, key: str, start: datetime | None, end: datetime | None, person: str) -> None:
        """Add a shift that the other product itself computed."""
        if key in self._schedules and start is not None and end is not None and start < end:
            self._rendered.append(Rendered(schedule=key, start=start, end=end, person=person))

    def carried(self) -> Carried:
        """Return the whole. Raises `ImportRefused` where there is nothing to call anybody by."""
        if not self._policies and not self._schedules:
            raise ImportRefused(
                "The export holds no schedule and no policy that could be taken over.",
                means="Nothing was taken over.",
                next_step="Look at docs/import.md for what to export, and at the warnings.",
            )
        return Carried(
            system=self._system,
            people=tuple(self._people.values()),
            schedules=tuple(self._schedules.values()),
            teams=tuple(self._teams.values()),
            policies=self._with_default(),
            routes=tuple(self._routes),
            overrides=tuple(self._overrides),
            rendered=tuple(self._rendered),
            warnings=tuple(self._warnings),
        )

    def _with_default(self) -> tuple[CarriedPolicy, ...]:
        """Add the policy `default`, without which no incident is called that no route fits."""
        found = tuple(self._policies.values())
        if any(policy.name == DEFAULT_POLICY for policy in found):
            return found
        used = [route.policy for route in self._routes]
        like = max(found, key=lambda policy: used.count(policy.name), default=None)
        if like is not None:
            self.warn("policy default", f"it is made like `{like.name}`, for incidents that no route fits")
            return (replace(like, key="", name=DEFAULT_POLICY), *found)
        first = next(iter(self._schedules))
        self.warn("policy default", f"the export has no policy; it calls `{self._schedules[first].name}`")
        step = CarriedStep(after=timedelta(), page=self.targets(first))
        return (CarriedPolicy(key="", name=DEFAULT_POLICY, steps=(step,)),)

    def _free(self, name: str) -> str:
        others = {one.name for held in self._schedules.values() for one in held.ours}
        return _unique(_plain(name), others)


def _plain(name: str) -> str:
    return " ".join(name.split()) or "unnamed"


def _unique(name: str, others: set[str]) -> str:
    found, number = name, 1
    while any(other == found or other.startswith(f"{found} (") for other in others):
        number += 1
        found = f"{name} #{number}"
    return found
