"""A group is flushed: what is muted stays quiet, each integration is told what it does not know yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.clock import Clock
from tocsin.domain.job import Job, JobState
from tocsin.domain.notification import NotificationGroup, Notified
from tocsin.domain.ports.groups import Member
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.silence import Silence
from tocsin.domain.timeline import Happening
from tocsin.flow.flushed import Flushed, load, millis
from tocsin.flow.in_force import InForce, Routing, told_as
from tocsin.flow.notify import FLUSH, FLUSHED, Notify, flush_at, flush_key
from tocsin.oncall.alertmanager.groups import next_flush
from tocsin.oncall.alertmanager.intervals import muted_by
from tocsin.oncall.alertmanager.routes import Route
from tocsin.oncall.alertmanager.telling import Keep, Record, decide, notified
from tocsin.triage.inhibition import Inhibition
from tocsin.triage.silencing import muting

NOTIFY = "notify"
AT_ONCE = 128
LEASE_S = 30.0
NOT_OURS = timedelta(seconds=2)
"""How long a group waits for a process with the right file, after one with another has met it."""

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = Flushed(tick=_EVER, at=_EVER)


def _nothing_is(alert: Alert) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Flush:
    """Flushes groups that are due. `run` is one transaction; it takes other due groups along.

    An alert that is guarded is muted by no silence of one person alone.
    """

    routing: Routing
    clock: Clock
    is_guarded: Callable[[Alert], bool] = _nothing_is

    def run(self, shelves: Shelves, job: Job) -> None:
        """Flush the group of a job, and more that are due."""
        now = self.clock.now()
        jobs = [job]
        if job.attempts <= 1:
            # One that stumbled is done alone, so that it cannot hold others back.
            jobs += shelves.jobs.claim((FLUSH,), job.owner, now, LEASE_S, AT_ONCE - 1)
        in_force = self.routing.in_force
        if in_force is None or not Notify(self.routing).is_adopted(shelves):
            later = [replace(each, run_at=now + NOT_OURS, owner="", attempts=0) for each in jobs]
            shelves.jobs.reschedule_all(later)
            return
        _Round(shelves, in_force, now, self.is_guarded).flush([each.args["group"] for each in jobs])


@dataclass(slots=True)
class _Changes:
    """What a round writes, gathered so that it costs few statements."""

    groups: list[NotificationGroup] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)
    told: list[Notified] = field(default_factory=list)
    leaving: list[Member] = field(default_factory=list)
    lines: list[AlertLine] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    """Groups that ended, and under which id it is kept what was told of them."""
    strayed: list[NotificationGroup] = field(default_factory=list)
    """Groups that the configuration in force knows no more."""


@dataclass(slots=True)
class _Round:
    """The groups of one transaction."""

    shelves: Shelves
    in_force: InForce
    now: datetime
    is_guarded: Callable[[Alert], bool]
    changes: _Changes = field(default_factory=_Changes)
    _silences: Sequence[Silence] = ()
    _inhibition: Inhibition = field(default_factory=lambda: Inhibition((), ()))

    def flush(self, group_ids: Sequence[str]) -> None:
        """Flush these groups and write what comes of it."""
        shelves = self.shelves
        groups = shelves.groups.hold(group_ids)
        for gone in set(group_ids) - groups.keys():
            shelves.jobs.drop(flush_key(gone))
        alerts = shelves.groups.alerts_of(list(groups))
        before = {name: load(kept) for name, kept in shelves.marks.of(FLUSHED, groups).items()}
        told: dict[str, dict[str, Notified]] = {}
        for each in shelves.groups.notified([told_as(group.group_key) for group in groups.values()]):
            told.setdefault(each.group_id, {})[f"{each.receiver} {each.integration}"] = each
        self._silences = shelves.silences.ending_after(self.now)
        rules = self.in_force.configuration.inhibit_rules
        if rules:
            self._inhibition = Inhibition(rules, shelves.alerts.inhibitors(self.now))
        for group_id, group in groups.items():
            known = told.get(told_as(group.group_key), {})
            own = {
                name.removeprefix(f"{group.receiver} "): each
                for name, each in known.items()
                if each.receiver == group.receiver
            }
            _OneGroup(self, group, before.get(group_id, _NEVER), own).flush(alerts.get(group_id, ()))
        self._write()

    def quiet(self, route: Route, alert: Alert, at: datetime) -> str:
        """Say what keeps a receiver from being told of an alert, empty when nothing does."""
        for rule, source in self._inhibition.by_rule(alert, at):
            name = f" by the rule {rule.name!r}" if rule.name else ""
            return f"{source.short_name} ({source.title}) inhibits it{name}"
        timed = muted_by(
            route.mute_intervals, route.active_intervals, self.in_force.configuration.intervals, at
        )
        if timed is not None:
            return f"the route is {timed}"
        silences = muting(self._silences, alert.labels, at)
        if silences and self.is_guarded(alert):
            silences = tuple(each for each in silences if each.second is not None)
        if silences:
            first = silences[0]
            return f"the silence {first.silence_id} of {first.created_by} mutes it ({first.comment})"
        return ""

    def _write(self) -> None:
        shelves, changes = self.shelves, self.changes
        shelves.groups.leave(changes.leaving)
        shelves.groups.keep(changes.told)
        shelves.groups.save(changes.groups)
        shelves.marks.keep(FLUSHED, changes.marks, self.now)
        if changes.ended:
            shelves.groups.end(list(changes.ended))
            shelves.groups.forget(list(changes.ended.values()))
            shelves.marks.drop(FLUSHED, changes.ended)
            for group_id in changes.ended:
                shelves.jobs.drop(flush_key(group_id))
        shelves.jobs.reschedule_all(changes.jobs)
        shelves.alerts.tell(changes.lines)
        self._bring_home()

    def _bring_home(self) -> None:
        """Put the alerts of groups that a process with another file made into groups of this one."""
        strayed = [group.group_id for group in self.changes.strayed]
        if not strayed:
            return
        alerts = [alert for those in self.shelves.groups.alerts_of(strayed).values() for alert in those]
        self.shelves.groups.end(strayed)
        for group_id in strayed:
            self.shelves.jobs.drop(flush_key(group_id))
        Notify(Routing(self.in_force)).heard(self.shelves, alerts, self.now)


@dataclass(slots=True)
class _OneGroup:
    """One group at its flush. `told` is what its integrations know, by their name."""

    round: _Round
    group: NotificationGroup
    before: Flushed
    told: Mapping[str, Notified]

    def flush(self, alerts: Sequence[Alert]) -> None:
        """Decide what is told to whom, and when the group is looked at next."""
        route = self.round.in_force.routes.get(self.group.route)
        if route is None or not self._is_of(route, alerts):
            self.round.changes.strayed.append(self.group)
            return
        tick = self._tick(route)
        alerts = self._still_here(alerts)
        quiet = {alert.fingerprint: self.round.quiet(route, alert, self.now) for alert in alerts}
        quiet = {fingerprint: words for fingerprint, words in quiet.items() if words}
        heard = tuple(in_order(alert for alert in alerts if alert.fingerprint not in quiet))
        over = [alert for alert in alerts if alert.is_resolved(self.now)]
        failing = self._cut_short()
        sends = self._sends(route, heard, tick, failing)
        self._tell_of_muting(alerts, quiet)
        if not sends:
            self._leave(over, quiet)
            if len(over) == len(alerts):
                self.round.changes.ended[self.group.group_id] = told_as(self.group.group_key)
                return
        self._again(route, tick)
        if sends or self.before.sends or quiet != self.before.muted:
            flushed = Flushed(
                tick=tick,
                at=self.now,
                sends=sends,
                alerts=heard if sends else (),
                muted=quiet,
                over=tuple(alert.number for alert in over) if sends else (),
            )
            self.round.changes.marks[self.group.group_id] = flushed.dump()

    @property
    def now(self) -> datetime:
        return self.round.now

    def _is_of(self, route: Route, alerts: Sequence[Alert]) -> bool:
        if route.receiver != self.group.receiver:
            return False
        seats = self.round.in_force.seats(alerts[0].labels) if alerts else ()
        return not alerts or any(seat.group_id == self.group.group_id for seat in seats)

    def _tick(self, route: Route) -> datetime:
        """Return the time this flush was planned for; one that is a whole interval late counts from now."""
        is_late = self.now - self.group.flush_at >= route.group_interval
        return self.now if is_late else self.group.flush_at

    def _still_here(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """Return the alerts without those whose end everybody was told of since the last flush."""
        if not self._is_told(self.before):
            return tuple(alerts)
        leaving = [
            alert for alert in alerts if alert.number in self.before.over and alert.is_resolved(self.now)
        ]
        self.round.changes.leaving += [self._member(alert) for alert in leaving]
        return tuple(alert for alert in alerts if alert not in leaving)

    def _is_told(self, flushed: Flushed) -> bool:
        return all(
            (known := self.told.get(name)) is not None and known.at >= flushed.tick for name in flushed.sends
        )

    def _cut_short(self) -> frozenset[str]:
        """End what is still being sent from the last flush; return which integrations could not be told."""
        jobs = self.round.shelves.jobs
        failing = set()
        for name, key in self.before.sends.items():
            known = self.told.get(name)
            if known is not None and known.at >= self.before.tick:
                continue
            job = jobs.get(key)
            if job is not None and job.state is not JobState.DONE:
                jobs.drop(key)
                failing.add(name)
        return frozenset(failing)

    def _sends(
        self, route: Route, heard: Sequence[Alert], tick: datetime, failing: frozenset[str]
    ) -> Mapping[str, str]:
        """Decide for each integration; return the keys of what is sent."""
        firing = [alert.fingerprint for alert in heard if not alert.is_resolved(self.now)]
        resolved = [alert.fingerprint for alert in heard if alert.is_resolved(self.now)]
        sends: dict[str, str] = {}
        for integration in self.round.in_force.integrations(self.group.receiver) if heard else ():
            last = self.told.get(integration.name)
            decision = decide(integration, last, firing, resolved, tick, route.repeat_interval)
            if isinstance(decision, Keep):
                continue
            if isinstance(decision, Record):
                known = notified(told_as(self.group.group_key), integration, firing, resolved, tick)
                self.round.changes.told.append(known)
                continue
            key = self._key(integration.name, heard, tick, is_again=integration.name in failing)
            sends[integration.name] = key
            args = {
                "group": self.group.group_id,
                "integration": integration.name,
                "tick": tick.isoformat(),
                "until": (tick + route.group_interval).isoformat(),
                "why": decision.why.value,
                "failing": "yes" if integration.name in failing else "",
            }
            self.round.changes.jobs.append(
                Job(kind=f"{NOTIFY}.{integration.kind}", key=key, run_at=self.now, args=args)
            )
        return sends

    def _key(self, integration: str, heard: Sequence[Alert], tick: datetime, *, is_again: bool) -> str:
        """Return the key of what is sent: the one it had, where the same could not be told last time.

        Whoever was cut short, by a kill or by the next tick, may have told the receiver all the same.
        """
        before = [(alert.number, alert.is_resolved(self.before.at)) for alert in self.before.alerts]
        if is_again and before == [(alert.number, alert.is_resolved(self.now)) for alert in heard]:
            return self.before.sends[integration]
        return f"{NOTIFY}:{self.group.group_id[:32]}:{integration}:{millis(tick)}"

    def _leave(self, over: Sequence[Alert], quiet: Mapping[str, str]) -> None:
        """Resolved alerts of which nothing is to be told leave at once."""
        known = {fingerprint for each in self.told.values() for fingerprint in (*each.firing, *each.resolved)}
        for alert in over:
            self.round.changes.leaving.append(self._member(alert))
            if alert.fingerprint not in known:
                why = quiet.get(alert.fingerprint, "the group's wait was longer")
                text = f"It ended before the receiver {self.group.receiver!r} was told of it: {why}."
                self._line(alert, Happening.ALERT_RECORDED, text)

    def _tell_of_muting(self, alerts: Iterable[Alert], quiet: Mapping[str, str]) -> None:
        """Write into each alert's story what began or ceased to keep it quiet."""
        for alert in alerts:
            was, now = self.before.muted.get(alert.fingerprint, ""), quiet.get(alert.fingerprint, "")
            if now and now != was:
                text = f"The receiver {self.group.receiver!r} is not told of it: {now}."
                self._line(alert, Happening.ALERT_MUTED, text)
            elif was and not now:
                text = f"Nothing keeps the receiver {self.group.receiver!r} from being told of it any more."
                self._line(alert, Happening.ALERT_UNMUTED, text)

    def _again(self, route: Route, tick: datetime) -> None:
        group = replace(self.group, flush_at=next_flush(route, tick, self.now), flushed_at=tick)
        self.round.changes.groups.append(group)
        self.round.changes.jobs.append(flush_at(group))

    def _member(self, alert: Alert) -> Member:
        return Member(self.group.group_id, alert.fingerprint, alert.number)

    def _line(self, alert: Alert, kind: Happening, text: str) -> None:
        self.round.changes.lines.append(AlertLine(alert=alert.number, at=self.now, kind=kind, text=text))


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """Return alerts in the order in which receivers see them: by job, instance, and then their labels."""
    return sorted(
        alerts,
        key=lambda alert: (
            alert.labels.get("job", ""),
            alert.labels.get("instance", ""),
            len(alert.labels),
            sorted(alert.labels.items()),
        ),
    )
