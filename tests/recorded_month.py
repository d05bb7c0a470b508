"""A month of alerts, acts, a silence and an override, lived through by a whole application in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from nouns import NOON, an_arrival
from tocsin.app.hushing import Asked, ask, hush_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Status
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.domain.severity import Severity
from tocsin.flow.call import ESCALATE
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.flow.take import LAPSE
from tocsin.store.memory import MemoryStore
from tocsin.worker.staff import transitions

MONTH = timedelta(days=30)
START = NOON
END = NOON + MONTH
KINDS = (ESCALATE, LAPSE, LOOK_AGAIN, "hush")

OLD = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  chidi: {name: Chidi, contacts: [{channel: inbox, address: chidi}]}
schedule: {zone: Europe/Berlin, rotation: weekly, handover: "09:00", starts: 2026-02-02, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: primary}, {after: 10m, page: secondary}]
  P2: [{after: 0m, page: primary}, {after: 30m, page: secondary}]
repeat: never
"""
NEW = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  chidi: {name: Chidi, contacts: [{channel: inbox, address: chidi}]}
schedule:
  {zone: Europe/Berlin, rotation: daily, handover: "08:00", starts: 2026-02-02, people: [ada, ben, chidi]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 7m, page: secondary}]
  P2: [{after: 0m, page: primary}, {after: 20m, page: secondary}]
repeat: never
policies:
  payments:
    repeat: 2 times
    steps:
      P1: [{after: 0m, page: chidi}, {after: 4m, page: [primary, ada]}]
      P2: [{after: 15m, page: chidi}]
routes:
  - {name: money, when: ['team = payments'], policy: payments}
"""
NOISE = """
inhibit:
  - {name: node, source: [alertname = NodeDown], target: ['alertname = Slow'], equal: [service]}
flapping: {times: 3, within: 30m, calm: 10m}
"""


@dataclass(frozen=True)
class Cue:
    """Something that comes from outside at an instant: reports, or what somebody does about an alert."""

    at: datetime
    what: str
    labels: tuple[tuple[str, str], ...] = ()
    ends_at: datetime | None = None


def script(seed: int, episodes: int) -> list[Cue]:
    """Return a month; times are odd seconds, so that nothing falls on the time of a step."""
    rng = random.Random(seed)
    cues = []
    for _ in range(episodes):
        at = START + timedelta(
            seconds=rng.randrange(0, int(MONTH.total_seconds()) - 7200),
            microseconds=rng.randrange(1, 999_999),
        )
        labels = {
            "alertname": rng.choice(["NodeDown", "Slow", "DiskFull", "Broken"]),
            "service": rng.choice(["shop", "ledger", "search"]),
            "team": rng.choice(["payments", "web"]),
            "severity": rng.choice(["critical", "warning", "info", "odd"]),
        }
        lasts = timedelta(seconds=rng.randrange(20, 5400), microseconds=rng.randrange(1, 999_999))
        named = tuple(labels.items())
        times = rng.choice([1, 1, 1, 4])
        for again in range(times):
            begins = at + again * (lasts / times)
            cues += _episode(rng, begins, lasts / times * 0.7, named)
        if rng.random() < 0.6:
            when = at + timedelta(seconds=rng.randrange(30, 2400), microseconds=rng.randrange(1, 999_999))
            cues.append(
                Cue(when, rng.choice(["acknowledge", "acknowledge", "resolve", "raise", "escalate"]), named)
            )
    cues.append(Cue(START + timedelta(days=3, microseconds=77), "silence"))
    cues.append(Cue(START + timedelta(days=27, microseconds=78), "silence"))
    cues.append(Cue(START + timedelta(days=5, microseconds=79), "override"))
    return sorted(cues, key=lambda cue: cue.at)


def _episode(
    rng: random.Random, at: datetime, lasts: timedelta, labels: tuple[tuple[str, str], ...]
) -> Iterator[Cue]:
    """One that is told with its end, or one that is told again until it is told no more."""
    if rng.random() < 0.5:
        yield Cue(at, "report", labels)
        resent = at + timedelta(minutes=4)
        while resent < at + lasts:
            yield Cue(resent, "report", labels)
            resent += timedelta(minutes=4)
        if rng.random() < 0.5:
            yield Cue(at + lasts, "report", labels, ends_at=at + lasts - timedelta(seconds=2))
    else:
        yield Cue(at, "report", labels, ends_at=at + lasts)


@dataclass(frozen=True)
class House:
    """One application with its own store and clock."""

    app: App
    clock: PushedClock

    def live(self, cues: list[Cue]) -> list[Cue]:
        """Live through the month to its end; return what could be done, for people ask for the impossible."""
        done = []
        for cue in cues:
            self.work(cue.at)
            hush_of(self.app).adopt(self.app.policies.windows)
            if self._happen(cue):
                done.append(cue)
        self.work(END)
        return done

    def work(self, until: datetime) -> None:
        """Do each job when it is due, as the worker does: claimed, finished and run in one transaction."""
        doing = transitions(self.app)
        while True:
            with self.app.store.reading() as shelves:
                due = min(shelves.jobs.next_due(KINDS).values(), default=until)
            if due >= until:
                break
            self.clock.push(max(due - self.clock.now(), timedelta()))
            with self.app.store.transaction() as shelves:
                for job in shelves.jobs.claim(KINDS, "us", self.clock.now(), 30.0, 1):
                    shelves.jobs.finish(job.key, "us")
                    doing[job.kind].run(shelves, job)
        self.clock.push(until - self.clock.now())

    def pages(self) -> list[tuple[datetime, str, int, str, int]]:
        """Return every page: when, who, for which alert, by which step of which policy."""
        found = []
        with self.app.store.reading() as shelves:
            for incident in shelves.incidents.listed(limit=100_000):
                first = shelves.alerts.of_incident(incident.incident_id)[0].number
                found += [
                    (page.requested_at, page.person, first, page.policy, page.step)
                    for page in shelves.pages.of_incident(incident.incident_id)
                ]
        return sorted(found)

    def _happen(self, cue: Cue) -> bool:
        if cue.what == "report":
            report = AlertReport(
                source="prometheus", labels=dict(cue.labels), starts_at=None, ends_at=cue.ends_at
            )
            self.app.take.alerts(an_arrival(key=str(uuid4())), [report])
        elif cue.what == "silence":
            asked = Asked(matchers=("service = search",), reason="we know", lasts="20h")
            ask(self.app, asked, "ada")
        elif cue.what == "override":
            override = Override(
                override_id=uuid4(),
                schedule="default",
                kind=OverrideKind.REPLACE,
                state=OverrideState.TAKEN,
                starts_at=cue.at + timedelta(hours=1),
                ends_at=cue.at + timedelta(days=4),
                person="chidi",
                instead_of=None,
                asked_by="chidi",
                created_at=cue.at,
            )
            with self.app.store.transaction() as shelves:
                shelves.overrides.add(override)
        else:
            return self._act(cue)
        return True

    def _act(self, cue: Cue) -> bool:
        incident_id = self._incident(dict(cue.labels))
        if incident_id is None:
            return False
        try:
            if cue.what == "acknowledge":
                self.app.call.acknowledge(incident_id, "ada")
            elif cue.what == "resolve":
                self.app.close.move(incident_id, Status.RESOLVED, "ben", "done")
            elif cue.what == "raise":
                self.app.close.change_severity(incident_id, Severity.P1, "ben", "worse")
            else:
                self.app.call.escalate_now(incident_id, "ben")
        except Explained:
            return False
        return True

    def _incident(self, labels: dict[str, str]) -> UUID | None:
        with self.app.store.reading() as shelves:
            known = [each for each in shelves.alerts.recent(100_000) if dict(each.labels) == labels]
        return known[0].incident_id if known else None


def house(home: Path, oncall: str, noise: str = "") -> House:
    """Build an application on a home whose pack `team` holds these files."""
    write_pack(home / "packs" / "team", oncall, noise)
    clock = PushedClock(START)
    app = build_app(load_settings({}, home=home), clock=clock, store=MemoryStore())
    return House(app, clock)


def write_pack(folder: Path, oncall: str, noise: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "oncall.yml").write_text(oncall)
    if noise:
        (folder / "noise.yml").write_text(noise)
