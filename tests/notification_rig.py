"""Alertmanager's way over any store: alerts are heard, time is pushed, a pretended receiver writes down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from nouns import NOON
from tocsin.domain.alert import Alert
from tocsin.domain.clock import PushedClock
from tocsin.domain.job import Job, JobState
from tocsin.domain.notification import Notification
from tocsin.domain.ports.delivery import DeliveryFailed, Receipt
from tocsin.flow.flushing import Flush
from tocsin.flow.in_force import Routing
from tocsin.flow.notify import FLUSH, Notify
from tocsin.flow.notifying import NothingToTell, Notifying, Told
from tocsin.intake.fingerprint import fingerprint
from tocsin.oncall.alertmanager.file import parse_alertmanager
from tocsin.oncall.alertmanager.templates import library_of

ONE = """
route: {receiver: team, group_by: [alertname], group_wait: 10s, group_interval: 60s, repeat_interval: 1h}
receivers:
  - name: team
    webhook_configs: [{url: "http://a.example/"}]
"""
TWO = ONE.replace('[{url: "http://a.example/"}]', '[{url: "http://a.example/"}, {url: "http://b.example/"}]')


@dataclass
class Rig:
    """The chapter of notifications over one store. `answers` says what an integration answers (a receipt)."""

    store: Any
    clock: PushedClock = field(default_factory=lambda: PushedClock(NOON))
    routing: Routing = field(default_factory=Routing)
    as_upstream: bool = False
    is_guarded: Callable[[Alert], bool] = lambda alert: False
    answers: dict[str, DeliveryFailed] = field(default_factory=dict)
    sent: list[tuple[float, str, Notification]] = field(default_factory=list)
    settings: list[Mapping[str, Any]] = field(default_factory=list)

    def configure(self, text: str, *templates: str) -> Rig:
        library, _ = library_of(("mine.tmpl", each) for each in templates)
        self.routing.exchange(parse_alertmanager(text, "alertmanager.yml"), text, library)
        with self.store.transaction() as shelves:
            self.notify.regroup(shelves, self.clock.now())
        return self

    @property
    def notify(self) -> Notify:
        return Notify(self.routing)

    @property
    def notifying(self) -> Notifying:
        return Notifying(
            routing=self.routing,
            clock=self.clock,
            external_url="https://tocsin.example",
            as_upstream=self.as_upstream,
        )

    def hear(self, seconds: float = 3600, started: float = 0, **labels: str) -> Alert:
        """An alert begins, or the one of these labels changes or ends."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            known = shelves.alerts.latest(fingerprint(labels))
            fresh = Alert(
                fingerprint=fingerprint(labels),
                source="prometheus",
                labels=labels,
                starts_at=now - timedelta(seconds=started),
                ends_at=now + timedelta(seconds=seconds),
                updated_at=now,
            )
            if known is None or known.is_resolved(now):
                alert = shelves.alerts.add(fresh)
            else:
                alert = replace(fresh, number=known.number, starts_at=known.starts_at)
                shelves.alerts.save(alert)
            self.notify.heard(shelves, [alert], now)
        return alert

    def push(self, seconds: float) -> None:
        """Let time pass, doing what becomes due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (due := self._next()) is not None and due <= end:
            self.clock.push(max(due - self.clock.now(), timedelta()))
            self.turn()
        self.clock.push(end - self.clock.now())

    def turn(self) -> None:
        """Do what is due now, as the worker does."""
        for job in self._claimed((FLUSH,)):
            with self.store.transaction() as shelves:
                if shelves.jobs.finish(job.key, job.owner):
                    Flush(self.routing, self.clock, self.is_guarded).run(shelves, job)
        for job in self._claimed(("notify.webhook", "notify.email")):
            with self.store.reading() as shelves:
                telling = self.notifying.telling(shelves, job)
            came = telling if isinstance(telling, NothingToTell) else self._told(telling)
            with self.store.transaction() as shelves:
                self.notifying.settle(shelves, job, came)

    def told(self) -> list[tuple[float, str, list[str], list[str]]]:
        """Return (seconds since noon, integration, what fires, what is over) of everything sent."""
        return [
            (
                seconds,
                name,
                [_name(each) for each in sent.alerts if not each.is_resolved(sent.at)],
                [_name(each) for each in sent.alerts if each.is_resolved(sent.at)],
            )
            for seconds, name, sent in self.sent
        ]

    def story(self, alert: Alert) -> list[tuple[str, str]]:
        with self.store.reading() as shelves:
            return [(line.kind.value, line.text) for line in shelves.alerts.story(alert.number)]

    def jobs(self, state: JobState = JobState.READY) -> tuple[Job, ...]:
        with self.store.reading() as shelves:
            return shelves.jobs.listed(state, 1000)

    def groups(self) -> list[str]:
        with self.store.reading() as shelves:
            return [group.group_key for group in shelves.groups.all()]

    def _told(self, telling: Any) -> Told:
        telling = telling.rendered()
        name = telling.integration.name
        seconds = (self.clock.now() - NOON).total_seconds()
        self.sent.append((seconds, name, telling.notification))
        self.settings.append(telling.integration.settings)
        return Told(telling=telling, outcome=self.answers.get(name, Receipt("200")), took_ms=5)

    def _claimed(self, kinds: tuple[str, ...]) -> tuple[Job, ...]:
        with self.store.transaction() as shelves:
            return shelves.jobs.claim(kinds, "worker-1", self.clock.now(), 30.0, 1)

    def _next(self) -> datetime | None:
        with self.store.reading() as shelves:
            due = shelves.jobs.next_due((FLUSH, "notify.webhook", "notify.email"))
        return min(due.values(), default=None)


def _name(alert: Alert) -> str:
    return alert.labels.get("instance", alert.labels["alertname"])
