"""A webhook that leaves alerts out: its group is marked incomplete, and the Alertmanager is asked for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from tocsin.app.settings import Settings
from tocsin.connectors.alertmanager.inbound import ReadWebhook, read_api_alerts
from tocsin.connectors.hook import digest_of
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.refusal import BodyRefused
from tocsin.connectors.sorting import failure_of
from tocsin.domain.alert import Alert, AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.take import Take
from tocsin.intake.fingerprint import fingerprint
from tocsin.intake.keyed import LEASE, Remembered, remembered_of, written

ALERTMANAGER = "alertmanager"
ASK = "ask.alertmanager"
INCOMPLETE = "group-incomplete"
ALERTNAME = "AlertmanagerGroupIncomplete"
MOST_UNKNOWN = 200
LONGEST_ANSWER = 16 * 1024 * 1024
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class IncompleteGroups:
    """Knows which groups were cut by `max_alerts`. `urls` are the APIs of Alertmanagers by source."""

    store: Store
    clock: Clock
    take: Take
    urls: Mapping[str, str]

    def heard(self, found: ReadWebhook, source: str) -> None:
        """Mark a group that lacks alerts, or end the mark of one that is whole again."""
        name = digest_of(source, found.group_key)
        if not found.truncated:
            with self.store.reading() as shelves:
                is_marked = _mark(shelves, name) is not None
            if is_marked:
                with self.store.transaction() as shelves:
                    self._end(shelves, name)
            return
        now = self.clock.now()
        with self.store.transaction() as shelves:
            unknown = _unknown(shelves, found, source, now)
            self._begin(shelves, found, name, source, unknown)
            if source in self.urls:
                args = {
                    "url": f"{self.urls[source].rstrip('/')}/api/v2/alerts?{_filters(found.group_labels)}",
                    "source": source,
                    "group": name,
                    "unknown": json.dumps([each.fingerprint for each in unknown]),
                }
                shelves.jobs.reschedule(Job(kind=ASK, key=f"{ASK}:{name}", run_at=now, args=args))

    def ask(self, job: Job) -> bytes | DeliveryFailed:
        """Return what the Alertmanager says of the group now, or why it could not be asked."""
        outbound = Outbound(longest_answer=LONGEST_ANSWER)
        try:
            answer = outbound.request("GET", job.args["url"], headers={"Accept": JSON})
        except DeliveryFailed as failed:
            return failed
        if answer.status != 200:
            return failure_of(answer, "Alertmanager")
        if answer.is_cut:
            return DeliveryFailed(FailureKind.REFUSED, "the answer is longer than 16 MB")
        return answer.body

    def answered(self, shelves: Shelves, job: Job, body: bytes) -> bool:
        """Take what is there, end what is not any more, and the mark; False for an unreadable answer."""
        try:
            there = read_api_alerts(body, JSON, source=job.args["source"]).reports
        except BodyRefused:
            return False
        now = self.clock.now()
        firing = {fingerprint(report.labels) for report in there}
        gone: list[AlertReport] = []
        for each in json.loads(job.args["unknown"]):
            alert = shelves.alerts.latest(each)
            if alert is not None and each not in firing and not alert.is_resolved(now):
                gone.append(_ended(alert, now))
        # Alertmanager's own lease is minutes; it tells the end by webhook, so the alert waits for that.
        held = [replace(report, ends_at=now + LEASE) for report in there]
        self.take.own(shelves, [*held, *gone])
        self._end(shelves, job.args["group"])
        return True

    def _begin(
        self, shelves: Shelves, found: ReadWebhook, name: str, source: str, unknown: Sequence[Alert]
    ) -> None:
        now = self.clock.now()
        labels = {"alertname": ALERTNAME, "severity": "warning", "group": found.group_key[:500]}
        known = _mark(shelves, name) or Remembered(labels=labels, starts_at=now)
        shelves.marks.keep(INCOMPLETE, {name: written(known)}, now)
        told = ", ".join(f"{each.title} ({each.short_name})" for each in unknown)
        annotations = {
            "summary": f"{found.truncated} alerts of a group were left out by max_alerts",
            "description": f"Nothing is known now of: {told or 'alerts never heard of here'}."[:4_000],
        }
        report = AlertReport(
            source=source,
            labels=known.labels,
            annotations=annotations,
            starts_at=known.starts_at,
            ends_at=now + LEASE,
        )
        self.take.own(shelves, [report])

    def _end(self, shelves: Shelves, name: str) -> None:
        known = _mark(shelves, name)
        if known is None:
            return
        shelves.marks.drop(INCOMPLETE, [name])
        alert = shelves.alerts.latest(fingerprint(known.labels))
        if alert is not None:
            self.take.own(shelves, [_ended(alert, self.clock.now())])


def groups_of(settings: Settings, take: Take) -> IncompleteGroups:
    """Build it; `TOCSIN_ALERTMANAGER_URLS` names the APIs as `source=url`. Raises `Misconfigured`."""
    urls: dict[str, str] = {}
    for part in settings.listed("TOCSIN_ALERTMANAGER_URLS"):
        source, _, url = part.partition("=")
        if not url.startswith(("https://", "http://")):
            raise Misconfigured(
                "TOCSIN_ALERTMANAGER_URLS holds what is not source=URL.",
                means="Tocsin does not start, because a group that is cut could not be asked for.",
                next_step="Write prod=https://alertmanager.example.org, several with commas.",
            )
        urls[f"{ALERTMANAGER}:{source}" if source != ALERTMANAGER else source] = url
    return IncompleteGroups(take.store, take.clock, take, urls)


def _mark(shelves: Shelves, name: str) -> Remembered | None:
    return remembered_of(shelves.marks.of(INCOMPLETE, [name]).get(name))


def _unknown(shelves: Shelves, found: ReadWebhook, source: str, now: datetime) -> list[Alert]:
    """Return the open alerts of the group that this body does not mention."""
    told = {fingerprint(report.labels) for report in found.reports}
    return [
        alert
        for alert in shelves.alerts.unresolved(now)
        if alert.source == source
        and alert.fingerprint not in told
        and alert.labels.get("alertname") != ALERTNAME
        and found.group_labels.items() <= alert.labels.items()
    ][:MOST_UNKNOWN]


def _ended(alert: Alert, now: datetime) -> AlertReport:
    return AlertReport(
        source=alert.source,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=alert.starts_at,
        ends_at=max(now, alert.starts_at),
        generator_url=alert.generator_url,
    )


def _filters(labels: Mapping[str, str]) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return urlencode([("filter", f'{name}="{quoted(text)}"') for name, text in labels.items()])
