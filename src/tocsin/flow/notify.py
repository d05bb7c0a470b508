"""Receivers are told of groups of alerts, in Alertmanager's way: alerts are put into their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.job import Job
from tocsin.domain.notification import NotificationGroup
from tocsin.domain.ports.groups import Member
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.in_force import InForce, Routing, Seat
from tocsin.flow.record import note
from tocsin.intake.lease import RESOLVE_TIMEOUT
from tocsin.oncall.alertmanager.groups import first_flush, flush_with
from tocsin.triage.inhibition import sources_wanted

FLUSH = "notify.flush"
FLUSHED = "notification"
"""The kind of mark under which a group's last flush is kept."""
ADOPTED = "alertmanager"
"""The kind of mark that says which file is in force on this database."""
_GROUPING = "grouping"
MOST_ALERTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Notify:
    """The chapter of notifications; without a configuration nobody is told in this way."""

    routing: Routing = field(default_factory=Routing)

    @property
    def resolve_timeout(self) -> timedelta:
        """Return how long an alert lives whose sender names no end."""
        in_force = self.routing.in_force
        return RESOLVE_TIMEOUT if in_force is None else in_force.configuration.resolve_timeout

    def heard(self, shelves: Shelves, alerts: Sequence[Alert], now: datetime) -> None:
        """Alerts began, changed or ended: put them into their groups, inside the caller's transaction."""
        in_force = self.routing.in_force
        if in_force is not None and alerts:
            _Grouping(shelves, in_force, now).seat(alerts)

    def regroup(self, shelves: Shelves, now: datetime) -> None:
        """Begin all groups anew by the configuration in force; what was told is remembered.

        Timers start again, as in Alertmanager, and nobody is told twice.
        """
        shelves.lock(_GROUPING)
        groups = shelves.groups.all()
        ids = [group.group_id for group in groups]
        known = {alert.number: alert for those in shelves.groups.alerts_of(ids).values() for alert in those}
        for group_id in ids:
            shelves.jobs.drop(flush_key(group_id))
        shelves.groups.end(ids)
        shelves.marks.drop(FLUSHED, ids)
        in_force = self.routing.in_force
        shelves.marks.keep(ADOPTED, {"digest": (in_force.digest if in_force else "").encode()}, now)
        facts = {"digest": in_force.digest if in_force else "", "groups": str(len(ids))}
        note(shelves, Happening.CONFIGURED, at=now, subject="alertmanager.yml", facts=facts)
        if in_force is None:
            return
        longest = max(route.repeat_interval for route in in_force.routes.values())
        shelves.groups.forget_before(now - 2 * longest)
        known.update((alert.number, alert) for alert in shelves.alerts.unresolved(now, MOST_ALERTS))
        _Grouping(shelves, in_force, now).seat(tuple(known.values()), with_resolved=True)

    def adopt(self, shelves: Shelves, now: datetime) -> bool:
        """Regroup if another file was in force on this database so far; say whether one was."""
        if self.is_adopted(shelves):
            return False
        self.regroup(shelves, now)
        return True

    def is_adopted(self, shelves: Shelves) -> bool:
        """Say whether the file of this process is the one in force on the database."""
        in_force = self.routing.in_force
        kept = shelves.marks.of(ADOPTED, ["digest"]).get("digest", b"")
        return kept == (in_force.digest.encode() if in_force else b"")


@dataclass(frozen=True, slots=True)
class _Grouping:
    """Puts alerts into groups: a few statements, however many alerts there are."""

    shelves: Shelves
    in_force: InForce
    now: datetime

    def seat(self, alerts: Sequence[Alert], *, with_resolved: bool = False) -> None:
        """Put alerts in; one that is resolved changes nothing but the episode, unless `with_resolved`."""
        shelves = self.shelves
        shelves.lock(_GROUPING)
        self._mark_inhibitors(alerts)
        seated = [(seat, alert) for alert in alerts for seat in self.in_force.seats(alert.labels)]
        groups = dict(shelves.groups.hold(sorted({seat.group_id for seat, _ in seated})))
        known = {each[:2]: each.alert for each in shelves.groups.members_of(list(groups))}
        self._put(groups, known, [each for each in seated if with_resolved or self._joins(*each, known)])

    def _put(
        self,
        groups: dict[str, NotificationGroup],
        known: Mapping[tuple[str, str], int],
        joining: Sequence[tuple[Seat, Alert]],
    ) -> None:
        shelves, due = self.shelves, self._due(joining, groups)
        new = [each for each in joining if known.get(_key(*each)) != each[1].number]
        shelves.groups.save([groups[group_id] for group_id in due])
        shelves.groups.put([Member(*_key(*each), each[1].number) for each in new])
        shelves.jobs.reschedule_all([flush_at(groups[group_id]) for group_id in due])
        shelves.alerts.tell([self._line(seat, alert, groups[seat.group_id]) for seat, alert in new])

    def _joins(self, seat: Seat, alert: Alert, known: Mapping[tuple[str, str], int]) -> bool:
        """Say whether an alert that was heard belongs into the group: it fires, or is in it already."""
        return not alert.is_resolved(self.now) or _key(seat, alert) in known

    def _due(self, joining: Sequence[tuple[Seat, Alert]], groups: dict[str, NotificationGroup]) -> list[str]:
        """Begin groups that are not there and hasten those that wait too long; return which those were."""
        touched: dict[str, None] = {}
        for seat, alert in joining:
            group = groups.get(seat.group_id)
            if group is None:
                groups[seat.group_id] = self._begun(seat, alert)
                touched[seat.group_id] = None
                continue
            at = flush_with(seat.route, group, alert.starts_at, self.now)
            if at != group.flush_at:
                groups[seat.group_id] = replace(group, flush_at=at)
                touched[seat.group_id] = None
        return sorted(touched)

    def _begun(self, seat: Seat, alert: Alert) -> NotificationGroup:
        return NotificationGroup(
            group_id=seat.group_id,
            group_key=seat.group_key,
            route=seat.route.path,
            receiver=seat.route.receiver,
            labels=seat.labels,
            created_at=self.now,
            flush_at=first_flush(seat.route, alert.starts_at, self.now),
        )

    def _line(self, seat: Seat, alert: Alert, group: NotificationGroup) -> AlertLine:
        place = f" ({seat.route.place})" if seat.route.place else ""
        text = (
            f"Route {seat.route.path}{place} leads to the receiver {seat.route.receiver!r}: it is in"
            f" the group {seat.group_key}, told next at {group.flush_at:%H:%M:%S} UTC."
        )
        return AlertLine(alert=alert.number, at=self.now, kind=Happening.ALERT_GROUPED, text=text)

    def _mark_inhibitors(self, alerts: Sequence[Alert]) -> None:
        """Mark what the file's inhibition rules may look for, so that a flush finds it without a search."""
        for alert in sources_wanted(self.in_force.configuration.inhibit_rules, alerts):
            if not alert.inhibits:
                self.shelves.alerts.save(replace(alert, inhibits=True))


def _key(seat: Seat, alert: Alert) -> tuple[str, str]:
    return seat.group_id, alert.fingerprint


def flush_key(group_id: str) -> str:
    """Return the key of the job that flushes a group."""
    return f"flush:{group_id}"


def flush_at(group: NotificationGroup) -> Job:
    """Return the job that flushes a group when it is due."""
    return Job(
        kind=FLUSH, key=flush_key(group.group_id), run_at=group.flush_at, args={"group": group.group_id}
    )
