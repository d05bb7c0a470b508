"""What becomes of each message: sent, tried again, or dead, and then the next way is used at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.attempt import Attempt
from tocsin.domain.clock import Clock
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.page import Delivery, DeliveryState, Message, Page
from tocsin.domain.ports.delivery import DeliveryFailed, Receipt
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.answers import answers_of
from tocsin.flow.bundles import NotNeeded, bundled, settle_bundle
from tocsin.flow.call import Call
from tocsin.flow.letters import is_letter, letter_of, settle_letter
from tocsin.flow.paging import is_reached, use_next_contact
from tocsin.flow.record import held, tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall import links
from tocsin.oncall.messages import notice_message, page_message
from tocsin.oncall.notices import NoticeEvent
from tocsin.oncall.retrying import next_try
from tocsin.triage.classify import runbook_url

ANSWER_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be sent to an address."""

    message: Message
    address: str

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of what is sent and where to."""
        parts = (self.message.key, self.address, self.message.subject, self.message.text, self.message.link)
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Tried:
    """One try to send: what came of it, how long it took (milliseconds), and the digest of what was sent."""

    outcome: Receipt | DeliveryFailed
    took_ms: int
    digest: str


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
        made = self._made(shelves, job)
        if isinstance(made, NotNeeded):
            return made
        return replace(made, message=replace(made.message, attempt=max(job.attempts, 1)))

    def _made(self, shelves: Shelves, job: Job) -> Outgoing | NotNeeded:
        if is_letter(job):
            return Outgoing(letter_of(job), job.args["address"])
        delivery = shelves.pages.delivery(job.key)
        incident = shelves.incidents.get(delivery.incident_id) if delivery else None
        if delivery is None or incident is None:
            return NotNeeded("its delivery is unknown")
        if delivery.state is not DeliveryState.WAITING:
            return NotNeeded(f"it is {delivery.state} already")
        if "held" in job.args:
            message = bundled(shelves, job, delivery, f"{self.public_url}/incidents")
            return message if isinstance(message, NotNeeded) else Outgoing(message, delivery.address)
        page = shelves.pages.get(delivery.page_id) if delivery.page_id else None
        if page is None:
            made: Outgoing | NotNeeded = self._notice(shelves, job, delivery, incident)
        else:
            made = self._page(shelves, job, delivery, incident, page)
        if isinstance(made, NotNeeded):
            return made
        return replace(made, message=replace(made.message, thread=_thread(shelves, delivery)))

    def settle(
        self, shelves: Shelves, job: Job, outcome: Tried | Receipt | DeliveryFailed | NotNeeded
    ) -> None:
        """Record the outcome and end, repeat or bury the job, which the caller still holds."""
        now = self.clock.now()
        if isinstance(outcome, Tried):
            shelves.pages.add_attempt(_attempt(job, outcome, now))
            outcome = outcome.outcome
        if is_letter(job):
            settle_letter(shelves, job, outcome, self.most_attempts, now)
            return
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
            shelves.pages.save_delivery(ended)
        else:
            self._delivered(shelves, job, delivery, incident, outcome, now)
        shelves.jobs.finish(job.key, job.owner)

    def _notice(self, shelves: Shelves, job: Job, delivery: Delivery, incident: Incident) -> Outgoing:
        message = notice_message(
            key=delivery.key,
            incident=incident,
            event=NoticeEvent(job.args["event"]),
            link=self._own_link(shelves, delivery, incident)
            or f"{self.public_url}/incidents/{incident.short_name}",
            reason=job.args["reason"],
            runbook_url=_runbook(shelves, incident),
            answers=answers_of(shelves, incident),
        )
        return Outgoing(replace(message, person=delivery.person or ""), delivery.address)

    def _own_link(self, shelves: Shelves, delivery: Delivery, incident: Incident) -> str:
        """Return the link by which a person can still answer, empty without one: updates replace it."""
        pages = shelves.pages.of_incident(incident.incident_id) if delivery.person else ()
        mine = (one for one in reversed(pages) if one.person == delivery.person)
        latest = next(mine, None)
        if latest is None or not incident.status.is_active:
            return ""
        is_open = latest.acknowledged_at is None and latest.link_used_at is None
        return self._link(latest) if is_open and latest.link_expires_at > self.clock.now() else ""

    def _link(self, page: Page) -> str:
        return f"{self.public_url}/acknowledge/{page.page_id}/{links.token(page, self.call.link_key)}"

    def _page(
        self, shelves: Shelves, job: Job, delivery: Delivery, incident: Incident, page: Page
    ) -> Outgoing | NotNeeded:
        if page.acknowledged_at is not None:
            return NotNeeded("it was acknowledged before it was sent")
        if not incident.status.is_active:
            return NotNeeded(f"{incident.short_name} was {incident.status} before it was sent")
        if "in_need" in job.args and is_reached(shelves, incident.incident_id, page.page_id):
            return NotNeeded("another channel has accepted the page")
        message = page_message(
            key=delivery.key,
            incident=incident,
            page=page,
            link=self._link(page),
            runbook_url=_runbook(shelves, incident),
        )
        return Outgoing(message, delivery.address)

    def _delivered(
        self,
        shelves: Shelves,
        job: Job,
        delivery: Delivery,
        incident: Incident,
        receipt: Receipt,
        now: datetime,
    ) -> None:
        ended = replace(
            delivery,
            state=DeliveryState.DELIVERED,
            finished_at=now,
            answer=receipt.answer[:ANSWER_AT_MOST],
            reference=receipt.reference,
            status=None,
        )
        shelves.pages.save_delivery(ended)
        kind = Happening.PAGE_DELIVERED if delivery.page_id else Happening.NOTICE_DELIVERED
        self._write(shelves, incident, kind, ended, f"{_named(ended)} was delivered.", now)
        if "held" in job.args:
            settle_bundle(shelves, job, ended, now)
        elif ended.page_id is not None:
            page = shelves.pages.get(ended.page_id)
            is_answered = page is not None and page.acknowledged_at is not None
            if (is_answered or not incident.status.is_active) and ended.person != incident.acknowledged_by:
                self.call.telling.catch_up(shelves, incident, ended, now)

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
        delivery = replace(delivery, answer=reason, status=failed.status)
        again = next_try(
            failed.kind,
            attempts=job.attempts,
            most_attempts=self.most_attempts,
            retry_after_s=failed.retry_after_s,
            now=now,
        )
        if again is not None:
            shelves.pages.save_delivery(delivery)
            shelves.jobs.retry(job.key, job.owner, again, reason)
            if delivery.page_id is not None:
                self._use_next_contact(shelves, delivery, now)
            return
        dead = replace(delivery, state=DeliveryState.DEAD, finished_at=now)
        shelves.pages.save_delivery(dead)
        shelves.jobs.bury(job.key, job.owner, reason)
        kind = Happening.PAGE_FAILED if delivery.page_id else Happening.NOTICE_FAILED
        text = f"{_named(dead)} did not get through after {job.attempts} tries. {reason}."
        self._write(shelves, incident, kind, dead, text, now)
        if delivery.page_id is None or self._use_next_contact(shelves, dead, now):
            return
        if self._nobody_waits_for(shelves, dead):
            self.call.unreached(shelves, held(shelves, incident.incident_id), now)

    @staticmethod
    def _use_next_contact(shelves: Shelves, failed: Delivery, now: datetime) -> bool:
        """Hold the incident first, as whoever acknowledges does, who takes the same messages back."""
        held(shelves, failed.incident_id)
        return use_next_contact(shelves, failed, now)

    def _nobody_waits_for(self, shelves: Shelves, dead: Delivery) -> bool:
        """Say whether no page of the latest step has a way left; older ones were followed already."""
        pages = shelves.pages.of_incident(dead.incident_id)
        latest = {page.page_id for page in pages if page.requested_at == pages[-1].requested_at}
        if dead.page_id not in latest:
            return False
        return not any(
            other.state in (DeliveryState.WAITING, DeliveryState.DELIVERED)
            for other in shelves.pages.deliveries_of(dead.incident_id)
            if other.page_id in latest and other.key != dead.key
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
    return f"{what} by {delivery.channel} ({delivery.shown_address})"


def _runbook(shelves: Shelves, incident: Incident) -> str:
    alerts = shelves.alerts.of_incident(incident.incident_id)
    return next((url for alert in alerts if (url := runbook_url(alert))), "")


def _thread(shelves: Shelves, delivery: Delivery) -> str:
    """Return what the partner calls its last message about the incident to this address."""
    earlier = [
        each
        for each in shelves.pages.deliveries_of(delivery.incident_id)
        if (each.channel, each.address) == (delivery.channel, delivery.address) and each.reference
    ]
    return max(earlier, key=lambda each: each.finished_at or each.requested_at).reference if earlier else ""


def _attempt(job: Job, tried: Tried, now: datetime) -> Attempt:
    outcome = tried.outcome
    if isinstance(outcome, DeliveryFailed):
        ended, status, answer = outcome.kind.value, outcome.status, outcome.reason
    else:
        ended, status, answer = "delivered", None, outcome.answer
    return Attempt(
        key=job.key,
        number=job.attempts,
        at=now,
        took_ms=tried.took_ms,
        outcome=ended,
        status=status,
        answer=answer[:ANSWER_AT_MOST],
        digest=tried.digest,
    )
