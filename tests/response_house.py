"""A whole Tocsin whose loops are turned by hand and whose clock is pushed, with people who respond in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from http_partner import http_partner
from tocsin.app.acting import act_of
from tocsin.app.runs import followed_record, runs_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.leaf import decode
from tocsin.connectors.signals.inbound import signal_of
from tocsin.domain.action import Action, ActionState, Door
from tocsin.domain.clock import PushedClock
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.job import JobState
from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore
from tocsin.worker.acting import StopWatch
from tocsin.worker.judging import Judging
from tocsin.worker.kernel import Kernel, Lane
from tocsin.worker.seals import seals_of
from tocsin.worker.staff import acting_lanes, lanes

# The fakes of partners lie beside the tests of their connectors.
sys.path.extend(str(Path(__file__).parent / "connectors" / each) for each in ("pagerduty", "jira"))
from fake_jira import FakeJira
from fake_pagerduty import FakePagerDuty
from fake_pagerduty_rest import FakePagerDutyRest

STEP = timedelta(seconds=2)
"""How often the log is sealed while something is going on."""


@dataclass
class FakePagerDutyIncidents(FakePagerDutyRest):
    """The REST API of the PagerDuty whose events are taken next door: it knows the incident by their key."""

    events: FakePagerDuty = field(default_factory=FakePagerDuty)

    def routed(self, method: str, path: str, query: dict[str, Any], body: dict[str, Any]) -> Any:
        self.incident_key = next(iter(self.events.alerts), "")
        return super().routed(method, path, query, body)


@dataclass
class Partners:
    """The services outside that people work with."""

    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)
    jira: FakeJira = field(default_factory=FakeJira)
    incidents: FakePagerDutyIncidents = field(init=False)

    def __post_init__(self) -> None:
        self.incidents = FakePagerDutyIncidents(events=self.pagerduty)

    def running(self) -> Iterator[Mapping[str, str]]:
        """Run them, and give the settings that lead there."""
        with http_partner(self.pagerduty), http_partner(self.incidents), http_partner(self.jira):
            yield {
                "TOCSIN_PAGERDUTY_ROUTING_KEYS": f"ben={self.pagerduty.key}",
                "TOCSIN_PAGERDUTY_URL": self.pagerduty.url,
                "TOCSIN_PAGERDUTY_API_URL": self.incidents.url,
                "TOCSIN_PAGERDUTY_TOKEN": self.incidents.token,
                "TOCSIN_PAGERDUTY_FROM": self.incidents.sender,
                "TOCSIN_JIRA_URL": self.jira.url,
                "TOCSIN_JIRA_TOKEN": self.jira.token,
                "TOCSIN_JIRA_USER": self.jira.user,
            }


class House:
    """One application over one store. Time passes only by `work`."""

    def __init__(self, home: Path, store: DjangoStore, now: datetime, settings: Mapping[str, str]) -> None:
        self.clock = PushedClock(now)
        self.app: App = build_app(load_settings(settings, home=home), clock=self.clock, store=store)
        self.seals = seals_of(self.app)
        self.kernel = Kernel(
            self.app.store,
            self.clock,
            [
                _by_hand(each)
                for each in (*lanes(self.app), *acting_lanes(self.app, StopWatch(store, self.clock)))
            ],
            "worker-1",
        )
        self.act, self.runs = act_of(self.app), runs_of(self.app)
        self.accounts = Accounts(store)

    def hire(self, **roles: Role) -> None:
        """Give people accounts."""
        for person, role in roles.items():
            self.accounts.create(person, person.title(), role)

    def work(self, **span: float) -> None:
        """Let time pass, doing all that becomes due at its time; the log is sealed at each stop."""
        end = self.clock.now() + timedelta(**span)
        self._turn()
        while (now := self.clock.now()) < end:
            self.clock.push(min(end, max(now + STEP, self._next_due(end))) - now)
            self._turn()

    def _turn(self) -> None:
        self.kernel.run_due()
        self.seals.round()

    def _next_due(self, end: datetime) -> datetime:
        with self.app.store.reading() as shelves:
            return min((job.run_at for job in shelves.jobs.listed(JobState.READY, 1000)), default=end)

    def alert(self, **labels: str) -> None:
        """Post what Prometheus posts for an alert that fires for a day."""
        now = self.clock.now()
        times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(days=2)).isoformat()}
        body = [{"labels": labels, "annotations": {"summary": labels["alertname"]}, **times}]
        heard = self.app.hearing.api_alerts(
            json.dumps(body).encode(), "application/json", source="prometheus", sender="prometheus"
        )
        assert (heard.status, heard.taken.accepted) == (200, 1)

    def signals(self, *records: Mapping[str, Any]) -> None:
        """Post signals, as a source does."""
        body = b"\n".join(json.dumps(each).encode() for each in records)
        assert self.app.hearing.signals(body, "", source="auth", sender="auth").accepted == len(records)

    def judge(self) -> None:
        """Judge the signals that are there by the rules in force."""
        app = self.app
        Judging(app.store, app.lake, app.plan, app.take, app.clock, signal_of, app.listen.habits).round()

    def incident(self) -> Incident:
        with self.app.store.reading() as shelves:
            found = shelves.incidents.by_number(1)
        assert found is not None
        return found

    def timeline(self) -> list[tuple[str, str]]:
        """Return kind and text of every line of the incident."""
        number = self.incident().incident_id
        with self.app.store.reading() as shelves:
            lines = shelves.timeline.of_incident(number)
        return [(line.kind.value, line.text) for line in lines]

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.timeline()]

    def exhibits(self) -> tuple[Exhibit, ...]:
        number = self.incident().incident_id
        with self.app.store.reading() as shelves:
            return shelves.exhibits.of_incident(number)

    def actions(self) -> dict[str, Action]:
        """Return the last action of each name that the runbook asked for."""
        return {each.name: each for each in self.all_actions() if each.door is Door.RUNBOOK}

    def all_actions(self) -> tuple[Action, ...]:
        number = self.incident().incident_id
        with self.app.store.reading() as shelves:
            return shelves.actions.of_incident(number)

    def consent(self, name: str, person: str) -> Action:
        """Somebody who is signed in consents to the open action of a name."""
        number = self.actions()[name].number
        return self.act.consenting.approve(number, person, door=Door.CONSOLE)

    def shown(self) -> dict[str, Any]:
        """Return the run as every door shows it."""
        return followed_record(self.runs.followed(1), self.clock.now())

    def step(self, place: str) -> dict[str, Any]:
        return next(step for step in self.shown()["steps"] if step["place"] == place)

    def due(self, place: str) -> float:
        """Return in how many minutes from when it was ready a step is due; it must be ready."""
        step = self.step(place)
        assert step["state"] == "ready", step
        span = datetime.fromisoformat(step["due_at"]) - datetime.fromisoformat(step["ready_at"])
        return span / timedelta(minutes=1)

    def is_done_and_verified(self, name: str) -> None:
        action = self.actions()[name]
        begun = [
            e for e in self.entries() if e.kind == "action.begun" and e.facts["action"] == action.short_name
        ]
        assert (action.state, action.verified, len(begun)) == (ActionState.DONE, True, 1), action

    def states(self) -> dict[str, str]:
        return {step["place"]: step["state"] for step in self.shown()["steps"]}

    def paged(self) -> list[str]:
        """Return who was called, in order."""
        number = self.incident().incident_id
        with self.app.store.reading() as shelves:
            return [page.person for page in shelves.pages.of_incident(number)]

    def entries(self) -> list[Any]:
        with self.app.store.reading() as shelves:
            return [decode(leaf.content) for leaf in shelves.log.leaves(0, shelves.log.size())]

    def is_proven(self) -> None:
        """The log is sound and sealed, and all that is told elsewhere is what it tells."""
        self.work(seconds=5)
        verdict = self.app.proving.verify()
        assert (verdict.sound, verdict.unsequenced) == (True, 0)
        assert verdict.sealed_size == verdict.size
        assert self.app.proving.disagreements() == type(self.app.proving.disagreements())((), ())
        told = [(one.kind, one.facts["text"]) for one in self.entries() if "text" in one.facts]
        assert [each for each in told if each in set(self.timeline())] == self.timeline()
        assert self.app.respond.verify()[1] == ()
        digests = {(e.facts["action"], e.kind): e.facts for e in self.entries() if "arguments" in e.facts}
        for action in self.all_actions():
            kinds = ["action.proposed"]
            kinds += ["action.begun", "action.done"] if action.state is not ActionState.WITHDRAWN else []
            told_of = [digests[action.short_name, kind] for kind in kinds]
            assert len({facts["arguments"] for facts in told_of}) == 1, action
            assert all(len(facts["digest"]) == 64 for facts in told_of)


def _by_hand(lane: Lane) -> Lane:
    """Return the lane without its threads."""
    assert lane.pool is not None
    lane.pool.shutdown()
    return Lane(lane.handlers, lane.places)
