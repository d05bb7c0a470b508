"""Ten thousand alerts over every way, through a real server; `why` must answer for each alert and person.

`python proofs/why.py [COUNT]`: paged by route, layer and override, escalated, held back, dead-lettered,
joined, muted by a silence, by inhibition, by flapping, informational, over before a page, told to receivers
of an `alertmanager.yml`. What an answer must hold is in `completeness.py`, which is content with no empty
one. Every answer is made by what is behind the API; each fiftieth alert is asked over HTTP as well.
Ends with 1 when one answer lacks anything.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent / "storms"))

from completeness import Demand, missing
from partners import Partner, answering, serving
from rig import Rig, load_average, rig, wait

from tocsin.app.settings import load_settings
from tocsin.app.why import why
from tocsin.app.why_record import record_of
from tocsin.app.wiring import build_app
from tocsin.domain.alert import Alert
from tocsin.domain.person import Role
from tocsin.domain.ports.shelves import Shelves

PEOPLE = ("ada", "ben", "chidi", "dana")
BATCH, SENDERS, EACH_OVER_HTTP = 50, 4, 50
FLAPS = 6
STEP_S, WAIT_S = 10, 8
ONCALL = """\
people:
  ada: {{name: Ada, contacts: [{{channel: webhook, address: "{url}/ada"}}]}}
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/ben"}}, {{channel: ntfy, address: ben}}]}}
  chidi: {{name: Chidi, contacts: [{{channel: webhook, address: "{url}/refusing"}}]}}
  dana: {{name: Dana, contacts: [{{channel: inbox, address: dana}}]}}
schedules:
  default: {{zone: Europe/Berlin, rotation: weekly, handover: "09:00", starts: 2026-01-05, people: [ben]}}
  nights:
    zone: UTC
    layers:
      - {{name: weeks, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [chidi]}}
policies:
  default: {{repeat: never, steps: {{
    P1: [{{after: 0s, page: primary, by: webhook}}, {{after: 60m, page: ada}}],
    P2: [{{after: {wait}s, page: primary, by: webhook}}],
    P3: [{{after: 0s, page: primary, by: ntfy}}]}}}}
  climbing: {{repeat: never, steps: {{
    P1: [{{after: 0s, page: ben, by: webhook}}, {{after: {step}s, page: ada}}]}}}}
  refused: {{repeat: never, steps: {{P1: [{{after: 0s, page: chidi}}]}}}}
  nights: {{schedule: nights, repeat: never, steps: {{P1: [{{after: 0s, page: primary}}]}}}}
routes:
  - {{name: those that climb, when: ['way = escalated'], policy: climbing}}
  - {{name: those that die, when: ['way = dead'], policy: refused}}
  - {{name: at night, when: ['way = override'], policy: nights}}
"""
NOISE = """\
inhibit:
  - name: a cluster explains its parts
    source: [alertname = ClusterDown]
    target: [way = inhibited]
    equal: [cluster]
flapping: {times: 4, within: 15m, calm: 10m}
"""
FILE = """\
route:
  receiver: nobody
  group_by: [alertname]
  group_wait: 1s
  group_interval: 5m
  routes: [{{matchers: ['way="notified"'], receiver: team}}]
receivers:
  - name: nobody
  - {{name: team, webhook_configs: [{{url: "{url}/team"}}]}}
"""


@dataclass(frozen=True)
class Way:
    """One way of an alert: its share of all, its labels, and what its answer must say."""

    name: str
    share: float
    severity: str
    demand: Demand
    group: int = 1
    """How many alerts share a name, and so an incident."""
    labels: Mapping[str, str] = field(default_factory=dict)


def _d(**given: Any) -> Demand:
    return Demand("", PEOPLE, **given)


_DELIVERED = {"ends": ("delivered",), "has_incident": True}
WAYS = (
    Way("paged", 0.05, "critical", _d(paged=("ben",), words=(("route", "default"),), **_DELIVERED)),
    Way(
        "escalated",
        0.01,
        "critical",
        _d(paged=("ben", "ada"), words=(("route", "those that climb"), ("steps", "ada")), **_DELIVERED),
    ),
    Way(
        "override",
        0.02,
        "critical",
        _d(paged=("ada",), words=(("route", "at night"), ("steps", "Chidi is away")), **_DELIVERED),
    ),
    Way(
        "dead",
        0.02,
        "critical",
        _d(paged=("chidi",), ends=("dead",), has_incident=True, words=(("route", "those that die"),)),
    ),
    Way("joined", 0.44, "warning", _d(paged=("ben",), has_incident=True), group=50),
    Way(
        "silenced",
        0.1,
        "critical",
        _d(words=(("muted", "Silence "), ("muted", "They are being worked on"))),
    ),
    Way("inhibited", 0.08, "warning", _d(words=(("muted", "a cluster explains its parts"),))),
    Way("informational", 0.14, "none", _d(words=(("incident", "informational"),), because="no incident")),
    Way("short", 0.05, "high", _d(has_incident=True, words=(("steps", "ended before anybody was called"),))),
    Way("notified", 0.06, "none", _d(told=True, words=(("route", "team"), ("receivers", "'team'")))),
)
FLAPPING = Way("flapping", 0.03, "critical", _d(words=(("muted", "flaps"),)))


@dataclass
class Run:
    """One server, what was posted to it, and what `why` must say of it."""

    one: Rig
    partner: Partner
    count: int
    token: str = ""
    demands: dict[str, Demand] = field(default_factory=dict)
    ways: Counter[str] = field(default_factory=Counter)

    def post_all(self) -> None:
        """Post every way in batches; the ends of short ones a moment later; flapping ones again and again."""
        self._post([_labels("ClusterDown", "critical", "cluster", 0, cluster="c1")])
        alerts = [
            _labels(f"{way.name.title()}{number // way.group}", way.severity, way.name, number, cluster="c1")
            for way in WAYS
            for number in range(round(self.count * way.share))
        ]
        for way in WAYS:
            for number in range(round(self.count * way.share)):
                self.demands[f"{way.name}-{number}"] = way.demand
                self.ways[way.name] += 1
        batches = [alerts[at : at + BATCH] for at in range(0, len(alerts), BATCH)]
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(self._post, batches))
        self._end_short_ones([each for each in alerts if each["labels"]["way"] == "short"])
        self._flap()

    def _end_short_ones(self, alerts: Sequence[dict[str, Any]]) -> None:
        ended = datetime.now(UTC).isoformat()
        for at in range(0, len(alerts), BATCH):
            self._post([alert | {"endsAt": ended} for alert in alerts[at : at + BATCH]])

    def _flap(self) -> None:
        """Begin and end alerts; from the fifth time on they are held."""
        many = max(round(self.count * FLAPPING.share / FLAPS), 1)
        for time_ in range(FLAPS):
            alerts = [_labels(f"Flapping{n}", "critical", "flapping", n, cluster="c2") for n in range(many)]
            for begin in range(0, many, BATCH):
                self._post(alerts[begin : begin + BATCH])
            if time_ < FLAPS - 1:
                time.sleep(0.05)
                ended = datetime.now(UTC).isoformat()
                for begin in range(0, many, BATCH):
                    self._post([alert | {"endsAt": ended} for alert in alerts[begin : begin + BATCH]])
                time.sleep(0.05)
        self.ways["flapping"] = many * FLAPS

    def _post(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        answer = self.one.served.post("/api/v2/alerts", self.token, json=list(alerts), timeout=120)
        assert answer.status_code == 200, answer.text


def _labels(name: str, severity: str, way: str, number: int, **more: str) -> dict[str, Any]:
    labels = {"alertname": name, "severity": severity, "way": way, "n": f"{way}-{number}", **more}
    # They must not end for want of a resend while we still ask.
    ends_at = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    return {"labels": labels, "annotations": {"summary": f"{name} fires"}, "endsAt": ends_at}


def _prepare(one: Rig, partner: Partner) -> None:
    partner.manners["refusing"] = answering(401, b"who are you?")
    one.served.pack("oncall.yml", ONCALL.format(url=partner.url, wait=WAIT_S, step=STEP_S))
    one.served.pack("noise.yml", NOISE)
    one.served.pack("alertmanager.yml", FILE.format(url=partner.url))


def _begin(one: Rig) -> None:
    """Silence one way and put Ada on call in Chidi's place."""
    now = datetime.now(UTC)
    token = one.token(Role.COMMANDER)
    wanted = {"matchers": ["way=silenced"], "reason": "They are being worked on.", "lasts": "2h"}
    answer = one.served.post("/api/v1/silences", token, json=wanted)
    assert answer.status_code == 200, answer.text
    one.served.told(
        "schedule",
        "override",
        "nights",
        "--from",
        (now + timedelta(seconds=4)).isoformat(),
        "--until",
        (now + timedelta(hours=8)).isoformat(),
        "--person",
        "ada",
        "--instead-of",
        "chidi",
        "--reason",
        "Chidi is away",
    )
    time.sleep(5)


def _demands(shelves: Shelves, run: Run) -> list[tuple[Alert, Demand]]:
    """Return every alert of the run with what its answer must hold."""
    found = []
    begun: Counter[str] = Counter()
    for alert in reversed(shelves.alerts.recent(1_000_000)):
        name = alert.labels.get("n", "")
        if alert.labels.get("way") == "flapping":
            begun[name] += 1
            is_held = begun[name] > 4
            demand = FLAPPING.demand if is_held else Demand("", PEOPLE, has_incident=True, paged=("ben",))
        elif name in run.demands:
            demand = run.demands[name]
        else:
            continue
        found.append((alert, replace(demand, alert=alert.short_name)))
    return found


def judge(run: Run, say: Callable[[str], None]) -> int:
    """Ask about every alert and person; return how many answers lack something."""
    one, faults = run.one, Counter[str]()
    examples: dict[str, str] = {}
    reader = one.token(Role.VIEWER)
    asked = compared = 0
    with one.served.store() as store:
        app = build_app(load_settings(one.served.settings, home=one.served.home), store=store)
        with store.reading() as shelves:
            demands = _demands(shelves, run)
        expected = sum(run.ways.values())
        say(f"{len(demands)} of {expected} alerts are kept; load {load_average()}")
        if len(demands) != expected:
            faults["alerts that are not kept"] = expected - len(demands)
        begin = time.monotonic()
        for number, (alert, demand) in enumerate(demands):
            answers = [why(app, alert, person) for person in PEOPLE]
            record = dict(record_of(answers[0], app.clock.now()))
            record["people"] = [one for each in answers for one in record_of(each, app.clock.now())["people"]]
            asked += len(PEOPLE)
            lacks = list(missing(record, demand))
            if number % EACH_OVER_HTTP == 0:
                compared += 1
                lacks += _over_http(one, reader, alert, record, demand)
            if lacks:
                way = alert.labels["way"]
                faults[way] += 1
                examples.setdefault(way, f"{alert.short_name}: {'; '.join(lacks[:3])}")
        say(
            f"{asked} answers about {len(demands)} alerts in {time.monotonic() - begin:.0f} s, {compared} "
            "alerts over HTTP too"
        )
    for way, count in faults.items():
        say(f"INCOMPLETE: {count} of {way}: {examples.get(way, '')}")
    return sum(faults.values())


def _over_http(one: Rig, reader: str, alert: Alert, record: Mapping[str, Any], demand: Demand) -> list[str]:
    person = PEOPLE[0]
    answer = one.served.get(f"/api/v1/alerts/{alert.short_name}/why?person={quote(person)}", reader)
    alone = replace(demand, people=(person,))
    return [f"over HTTP {lack}" for lack in missing(answer, alone)]


def prove(count: int = 10_000) -> int:
    """Run it all; return how many answers lack something."""

    def say(text: str) -> None:
        print(text, flush=True)

    with rig() as one, serving(Partner()) as partner:
        _prepare(one, partner)
        with one.started(TOCSIN_NTFY_URL=partner.url):
            run = Run(one, partner, count, one.token(Role.INGEST))
            _begin(one)
            begin = time.monotonic()
            run.post_all()
            count, took_s = sum(run.ways.values()), time.monotonic() - begin
            say(f"{count} alerts posted in {took_s:.0f} s: {dict(run.ways)}")
            time.sleep(max(STEP_S, WAIT_S) + 5)
            wait(lambda: _is_done(one), 240)
            lacking = judge(run, say)
    verdict = "BAD" if lacking else "good"
    say(f"{verdict}: {lacking} of {count} alerts without a complete answer")
    return lacking


def _is_done(one: Rig) -> bool:
    """Say whether no message is due any more."""
    now = datetime.now(UTC)
    with one.served.store() as store, store.reading() as shelves:
        kinds = [f"deliver.{name}" for name in ("webhook", "ntfy", "inbox")] + ["notify.webhook", "escalate"]
        due = shelves.jobs.next_due(kinds)
    return all(at > now + timedelta(seconds=30) for at in due.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    return 1 if prove(parser.parse_args().count) else 0


if __name__ == "__main__":
    sys.exit(main())
