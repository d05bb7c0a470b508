"""What becomes of each message: sent, tried again, or dead, and then the next person is called at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.page import Delivery, DeliveryState, Message
from tocsin.domain.ports.delivery import DeliveryFailed, Receipt
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.call import Call
from tocsin.flow.record import held, note, tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall import links
from tocsin.oncall.messages import notice_message, page_message
from tocsin.oncall.retrying import next_try
from tocsin.oncall.roster import NoticeEvent
from tocsin.triage.classify import runbook_url

ANSWER_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """The message has no use any more, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be sent to an address."""

    message: Message
    address: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """Makes messages from what is known when they leave, and writes down what came of them."""

    store: Store
    clock: Clock
    call: Call
    public_url: str
    most_attempts: int

    def outgoing(self, shelves: Shelves, job: Job) -> Outgoing | NotNeeded:
        """Return the message behind a job, or why it need not be sent any more."""
        delivery = shelves.pages.delivery(job.key)
        incident = shelves.incidents.get(delivery.incident_id) if delivery else None
        if delivery is None or incident is None:
            return NotNeeded("its delivery is unknown")
        if delivery.state is not DeliveryState.WAITING:
            return NotNeeded(f"it is {delivery.state} already")
        return self._outgoing(shelves, job, delivery, incident)

    def settle(self, shelves: Shelves, job: Job, outcome: Receipt | DeliveryFailed | NotNeeded) -> None:
        """Record the outcome and end, repeat or bury the job, which the caller still holds."""
        now = self.clock.now()
        delivery = shelves.pages.delivery(job.key)
        incident = shelves.incidents.get(delivery.incident_id) if delivery else None
        if delivery is None or incident is None or delivery.state is not DeliveryState.WAITING:
            shelves.jobs.finish(job.key, job.owner)
            return
        delivery = replace(delivery, attempts=job.attempts)
        if isinstance(outcome, DeliveryFailed):
            self._failed(shelves, job, delivery, incident, outcome, now)
            return
        if isinstance(outcome, NotNeeded):
            ended = replace(delivery, state=DeliveryState.NOT_NEEDED, finished_at=now, answer=outcome.reason)
        else:
            ended = replace(
                delivery,
                state=DeliveryState.DELIVERED,
                finished_at=now,
                answer=outcome.answer[:ANSWER_AT_MOST],
            )
            kind = Happening.PAGE_DELIVERED if delivery.page_id else Happening.NOTICE_DELIVERED
            self._write(shelves, incident, kind, ended, f"{_named(ended)} was delivered.", now)
        shelves.pages.save_delivery(ended)
        shelves.jobs.finish(job.key, job.owner)

    def revive(self, key: str, actor: str) -> None:
        """Try a dead message or job again under its key; written into the log. Raises `NotFound`."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            if not shelves.jobs.revive(key, now):
                raise NotFound(
                    f"No dead message has the key {key[:120]!r}.",
                    means="Nothing was changed.",
                    next_step="Look at `tocsin delivery list --dead` for those there are.",
                )
            delivery = shelves.pages.delivery(key)
            if delivery is not None:
                waiting = replace(delivery, state=DeliveryState.WAITING, finished_at=None)
                shelves.pages.save_delivery(waiting)
            note(shelves, Happening.REPLAYED, at=now, actor=actor, subject=key)

    def _outgoing(
        self, shelves: Shelves, job: Job, delivery: Delivery, incident: Incident
    ) -> Outgoing | NotNeeded:
        runbook = next(
            (
                url
                for alert in shelves.alerts.of_incident(incident.incident_id)
                if (url := runbook_url(alert))
            ),
            "",
        )
        page = shelves.pages.get(delivery.page_id) if delivery.page_id else None
        if page is None:
            message = notice_message(
                key=delivery.key,
                incident=incident,
                event=NoticeEvent(job.args["event"]),
                link=f"{self.public_url}/incidents/{incident.short_name}",
                reason=job.args["reason"],
                runbook_url=runbook,
            )
            return Outgoing(message, delivery.address)
        if page.acknowledged_at is not None:
            return NotNeeded("it was acknowledged before it was sent")
        if not incident.status.is_active:
            return NotNeeded(f"{incident.short_name} was {incident.status} before it was sent")
        token = links.token(page, self.call.link_key)
        link = f"{self.public_url}/acknowledge/{page.page_id}/{token}"
        message = page_message(key=delivery.key, incident=incident, page=page, link=link, runbook_url=runbook)
        return Outgoing(message, delivery.address)

    def _failed(
        self,
        shelves: Shelves,
        job: Job,
        delivery: Delivery,
        incident: Incident,
        failed: DeliveryFailed,
        now: datetime,
    ) -> None:
        reason = f"{failed.kind}: {failed.reason}"[:ANSWER_AT_MOST]
        again = next_try(
            failed.kind,
            attempts=job.attempts,
            most_attempts=self.most_attempts,
            retry_after_s=failed.retry_after_s,
            now=now,
        )
        if again is not None:
            shelves.pages.save_delivery(replace(delivery, answer=reason))
            shelves.jobs.retry(job.key, job.owner, again, reason)
            return
        dead = replace(delivery, state=DeliveryState.DEAD, finished_at=now, answer=reason)
        shelves.pages.save_delivery(dead)
        shelves.jobs.bury(job.key, job.owner, reason)
        kind = Happening.PAGE_FAILED if delivery.page_id else Happening.NOTICE_FAILED
        text = f"{_named(dead)} did not get through after {job.attempts} tries. {reason}."
        self._write(shelves, incident, kind, dead, text, now)
        if self._nobody_waits_for(shelves, dead):
            self.call.unreached(shelves, held(shelves, incident.incident_id), now)

    def _nobody_waits_for(self, shelves: Shelves, dead: Delivery) -> bool:
        """Say whether the latest page has no way left to arrive; a step has followed an older one already."""
        pages = shelves.pages.of_incident(dead.incident_id)
        if not pages or pages[-1].page_id != dead.page_id:
            return False
        return not any(
            other.state in (DeliveryState.WAITING, DeliveryState.DELIVERED)
            for other in shelves.pages.deliveries_of(dead.incident_id)
            if other.page_id == dead.page_id and other.key != dead.key
        )

    def _write(
        self,
        shelves: Shelves,
        incident: Incident,
        kind: Happening,
        delivery: Delivery,
        text: str,
        now: datetime,
    ) -> None:
        entry = line(incident, kind, text, by=TOCSIN, now=now)
        facts = {"key": delivery.key, "channel": delivery.channel, "attempts": str(delivery.attempts)}
        tell(shelves, incident, entry, facts)


def _named(delivery: Delivery) -> str:
    what = f"The page to {delivery.person}" if delivery.page_id else "The notice"
    return f"{what} by {delivery.channel} ({delivery.address})"
