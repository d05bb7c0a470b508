"""Looks up how things stand, for whoever scrapes `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tocsin.app.alerts_seen import Asked, alerts_seen
from tocsin.app.counters import REGISTRY
from tocsin.app.wiring import App
from tocsin.domain.incident import Status
from tocsin.domain.job import JobState
from tocsin.domain.severity import Severity
from tocsin.domain.silence import SilenceState
from tocsin.flow.hush import RETENTION
from tocsin.triage.silencing import state_of


@dataclass(frozen=True, slots=True, eq=False)
class _Standing(Collector):
    """Looks up at each scrape how alerts, silences, groups, jobs and incidents stand."""

    app: App

    def describe(self) -> Iterator[Metric]:
        """Yield nothing, so that registering this does not look everything up."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield the figures that lie in the database."""
        now = self.app.clock.now()
        seen = alerts_seen(self.app, Asked())
        suppressed = sum(1 for each in seen if each.silenced_by or each.inhibited_by)
        alerts = {"active": len(seen) - suppressed, "suppressed": suppressed}
        yield _gauge("alertmanager_alerts", "Alerts by state.", "state", alerts)
        with self.app.store.reading() as shelves:
            silences = dict.fromkeys((SilenceState.ACTIVE, SilenceState.PENDING, SilenceState.EXPIRED), 0)
            for silence in shelves.silences.ending_after(now - RETENTION):
                state = state_of(silence, now)
                # One that waits for a second person mutes nothing yet.
                state = SilenceState.PENDING if state is SilenceState.UNCONFIRMED else state
                silences[state] += 1
            by_state = {state.value: count for state, count in silences.items()}
            yield _gauge("alertmanager_silences", "Silences by state.", "state", by_state)
            groups = GaugeMetricFamily("alertmanager_dispatcher_aggregation_groups", "Groups of alerts.")
            groups.add_metric([], len(shelves.groups.all()))
            yield groups
            jobs = {state.value: shelves.jobs.count(state) for state in (JobState.READY, JobState.DEAD)}
            yield _gauge("tocsin_jobs", "Jobs that wait, and dead letters.", "state", jobs)
            quarantined = GaugeMetricFamily("tocsin_quarantined", "Parts of bodies that were set aside.")
            quarantined.add_metric([], shelves.quarantine.count_waiting())
            yield quarantined
            entries = GaugeMetricFamily("tocsin_log_entries", "Entries of the log.")
            entries.add_metric([], shelves.log.size())
            yield entries
            open_ones = (Status.OPEN, Status.INVESTIGATING, Status.MITIGATED)
            incidents = {each.value: shelves.incidents.count(open_ones, (each,)) for each in Severity}
            yield _gauge("tocsin_incidents", "Incidents that are worked on.", "severity", incidents)
        peers = GaugeMetricFamily("alertmanager_cluster_members", "Processes on this database.")
        peers.add_metric([], len(self.app.settings.listed("TOCSIN_CLUSTER_PEERS")) or 1)
        yield peers


def figures(app: App) -> bytes:
    """Return everything in Prometheus' text format."""
    standing = CollectorRegistry()
    standing.register(_Standing(app))
    return generate_latest(REGISTRY) + generate_latest(standing)


def _gauge(name: str, words: str, label: str, figures_: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, figure in figures_.items():
        family.add_metric([str(value)], figure)
    return family
