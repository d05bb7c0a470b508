"""What a flush decided is told to one integration: made ready, tried again in time, and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.alert import AlertLine
from tocsin.domain.attempt import Attempt
from tocsin.domain.clock import Clock
from tocsin.domain.job import Job
from tocsin.domain.notification import Integration, Notification, NotificationGroup, Notified
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.domain.ports.groups import Member
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.flushed import Flushed, load
from tocsin.flow.in_force import Routing, told_as
from tocsin.flow.notify import FLUSHED
from tocsin.flow.record import note
from tocsin.oncall.alertmanager.telling import notified
from tocsin.oncall.alertmanager.template_view import view_of
from tocsin.oncall.alertmanager.templates import Library, render_settings

ANSWER_AT_MOST = 300
MESSAGE = "message"
"""What stands before a message's key in an alert's story."""
FIRST_PAUSE = timedelta(seconds=0.5)
LONGEST_PAUSE = timedelta(minutes=1)
# A refusal or a wrong setting does not heal within a group's interval; the next flush tries anew.
_FINAL = frozenset({FailureKind.REFUSED, FailureKind.MISCONFIGURED})


@dataclass(frozen=True, slots=True)
class NothingToTell:
    """A notification that has no use any more, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is to be told now; `flushed` is the flush that decided it.

    The integration's texts are templates of the `library` until it is rendered; `faults` are sentences about
    those that could not be.
    """

    group: NotificationGroup
    flushed: Flushed
    integration: Integration
    notification: Notification
    library: Library
    faults: tuple[str, ...] = ()

    def rendered(self) -> Outgoing:
        """Return it with its templates carried out; where one fails, the shipped text stands in its place."""
        rendered = render_settings(self.integration, view_of(self.notification), self.library)
        integration = replace(self.integration, settings=rendered.settings)
        return replace(self, integration=integration, faults=tuple(map(str, rendered.faults)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it, and how long it took."""

    telling: Outgoing
    outcome: Receipt | DeliveryFailed
    took_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifying:
    """Prepares and settles what integrations are told.

    `as_upstream` gives every answer 4xx up until the next flush, as Alertmanager does; otherwise 408, 425 and
    429 are tried again as `Retry-After` asks.
    """

    routing: Routing
    clock: Clock
    external_url: str
    as_upstream: bool = False

    def telling(self, shelves: Shelves, job: Job) -> Outgoing | NothingToTell:
        """Return what a job has to tell, or why nothing any more."""
        group_id, name = job.args["group"], job.args["integration"]
        group = shelves.groups.of([group_id]).get(group_id)
        kept = shelves.marks.of(FLUSHED, [group_id]).get(group_id)
        in_force = self.routing.in_force
        if group is None or kept is None or in_force is None:
            return NothingToTell("its group has ended")
        flushed = load(kept)
        if flushed.tick.isoformat() != job.args["tick"]:
            return NothingToTell("the group was flushed again since")
        for integration in in_force.integrations(group.receiver):
            if integration.name == name:
                notification = self._notification(job.key, group, flushed, integration)
                return Outgoing(
                    group=group,
                    flushed=flushed,
                    integration=integration,
                    notification=notification,
                    library=in_force.library,
                )
        return NothingToTell("the configuration has no such integration any more")

    def settle(self, shelves: Shelves, job: Job, came: Told | NothingToTell) -> None:
        """Write down what came of it and end, repeat or bury the job, which the caller still holds."""
        if isinstance(came, NothingToTell):
            shelves.jobs.finish(job.key, job.owner)
            return
        now = self.clock.now()
        shelves.pages.add_attempt(_attempt(job, came, now))
        if isinstance(came.outcome, DeliveryFailed):
            self._failed(shelves, job, came.telling, came.outcome, now)
        else:
            self._told(shelves, job, came.telling, came.outcome, now)

    def give_up(self, shelves: Shelves, job: Job, reason: str) -> None:
        """Write down a notification that could not even be made."""
        facts = {"integration": job.args["integration"], "key": job.key, "reason": reason[:ANSWER_AT_MOST]}
        note(
            shelves,
            Happening.NOTIFICATION_FAILED,
            at=self.clock.now(),
            subject=job.args["group"][:16],
            facts=facts,
        )

    def _notification(
        self, key: str, group: NotificationGroup, flushed: Flushed, integration: Integration
    ) -> Notification:
        alerts = [
            alert
            for alert in flushed.alerts
            if integration.send_resolved or not alert.is_resolved(flushed.at)
        ]
        most = int(integration.settings.get("max_alerts") or 0)
        shown = alerts[:most] if most else alerts
        return Notification(
            key=key,
            group_key=group.group_key,
            receiver=group.receiver,
            at=flushed.at,
            alerts=tuple(shown),
            group_labels=group.labels,
            external_url=self.external_url,
            truncated=len(alerts) - len(shown),
        )

    def _told(self, shelves: Shelves, job: Job, telling: Outgoing, receipt: Receipt, now: datetime) -> None:
        group, flushed, integration = telling.group, telling.flushed, telling.integration
        told_id = told_as(group.group_key)
        known = {
            each.integration: each
            for each in shelves.groups.notified([told_id])
            if each.receiver == group.receiver
        }
        last = known.get(integration.name)
        firing = [each.fingerprint for each in flushed.alerts if not each.is_resolved(flushed.at)]
        over = [each.fingerprint for each in flushed.alerts if each.is_resolved(flushed.at)]
        fresh = notified(told_id, integration, firing, over, flushed.tick)
        shelves.groups.keep([fresh])
        answer = receipt.answer[:ANSWER_AT_MOST]
        shelves.alerts.tell(_lines(telling, fresh, last, _answered(answer, job.key, telling.faults), now))
        shelves.jobs.finish(job.key, job.owner)
        self._note(shelves, Happening.NOTIFIED, job, telling, {"answer": answer}, now)
        if _is_told_by_all(flushed, {**known, integration.name: fresh}):
            members = [
                Member(group.group_id, alert.fingerprint, alert.number)
                for those in shelves.groups.alerts_of([group.group_id]).values()
                for alert in those
                if alert.number in flushed.over and alert.is_resolved(now)
            ]
            shelves.groups.leave(members)

    def _failed(
        self, shelves: Shelves, job: Job, telling: Outgoing, failed: DeliveryFailed, now: datetime
    ) -> None:
        reason = f"{failed.kind}: {failed.reason}"[:ANSWER_AT_MOST]
        again = self._next_try(job, failed, now)
        if again is not None:
            shelves.jobs.retry(job.key, job.owner, again, reason)
            return
        shelves.jobs.bury(job.key, job.owner, reason)
        self._note(shelves, Happening.NOTIFICATION_FAILED, job, telling, {"reason": reason}, now)
        if job.args["failing"]:
            return
        who = f"the receiver {telling.group.receiver!r} by {telling.integration.name}"
        said = _answered(reason, job.key, telling.faults)
        text = f"It could not be told to {who}: {said} The group's next flush tries again."
        shelves.alerts.tell(
            [
                AlertLine(alert=alert.number, at=now, kind=Happening.ALERT_NOTIFIED, text=text)
                for alert in telling.notification.alerts
            ]
        )

    def _next_try(self, job: Job, failed: DeliveryFailed, now: datetime) -> datetime | None:
        """Return when to try again, None where the next flush has to."""
        is_clients = failed.status is not None and 400 <= failed.status < 500
        if failed.kind in _FINAL or (self.as_upstream and is_clients):
            return None
        pause = min(FIRST_PAUSE * 2 ** min(max(job.attempts - 1, 0), 10), LONGEST_PAUSE)
        if failed.retry_after_s is not None and not self.as_upstream:
            pause = max(pause, timedelta(seconds=max(failed.retry_after_s, 0)))
        again = now + pause
        return again if again < datetime.fromisoformat(job.args["until"]) else None

    def _note(
        self,
        shelves: Shelves,
        kind: Happening,
        job: Job,
        telling: Outgoing,
        facts: Mapping[str, str],
        now: datetime,
    ) -> None:
        said = {
            "key": job.key,
            "receiver": telling.group.receiver,
            "integration": telling.integration.name,
            "group": telling.group.group_key,
            "alerts": str(len(telling.notification.alerts)),
            "attempts": str(job.attempts),
            **facts,
        }
        note(shelves, kind, at=now, subject=telling.group.receiver, facts=said)


def _is_told_by_all(flushed: Flushed, known: Mapping[str, Notified]) -> bool:
    return all(name in known and known[name].at >= flushed.tick for name in flushed.sends)


def _answered(answer: str, key: str, faults: Sequence[str]) -> str:
    """Return an answer with the key under which each try is kept, and what was not sent as written."""
    told = f"{answer} ({MESSAGE} {key})."
    if not faults:
        return told
    return f"{told} The shipped text was sent where a template failed: {'; '.join(faults)[:ANSWER_AT_MOST]}."


def _attempt(job: Job, came: Told, now: datetime) -> Attempt:
    outcome = came.outcome
    return Attempt(
        key=job.key,
        number=job.attempts,
        at=now - timedelta(milliseconds=came.took_ms),
        took_ms=came.took_ms,
        outcome=outcome.kind.value if isinstance(outcome, DeliveryFailed) else "delivered",
        status=outcome.status if isinstance(outcome, DeliveryFailed) else None,
        answer=(outcome.reason if isinstance(outcome, DeliveryFailed) else outcome.answer)[:ANSWER_AT_MOST],
    )


def _lines(
    telling: Outgoing, fresh: Notified, last: Notified | None, answer: str, now: datetime
) -> list[AlertLine]:
    """Tell each alert once that the integration knows that it fires, and once that it is over."""
    fired = set(fresh.firing) - set(last.firing if last else ())
    over = set(fresh.resolved) - set(last.resolved if last else ())
    if not telling.integration.send_resolved:
        over = set()
    who = f"the receiver {telling.group.receiver!r} by {telling.integration.name}"
    words = {
        **dict.fromkeys(fired, f"It was told to {who}: {answer}"),
        **dict.fromkeys(over, f"Its end was told to {who}: {answer}"),
    }
    return [
        AlertLine(alert=alert.number, at=now, kind=Happening.ALERT_NOTIFIED, text=words[alert.fingerprint])
        for alert in telling.flushed.alerts
        if alert.fingerprint in words
    ]
