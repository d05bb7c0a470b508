"""People are called, step by step, until somebody acknowledges; others are told; why is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident, Status
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Delivery, DeliveryState, Page
from tocsin.domain.person import Contact
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import held, note, record, tell
from tocsin.incidents import lifecycle
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall import escalation, links
from tocsin.oncall.roster import NoticeEvent, Roster
from tocsin.oncall.routing import notices

ESCALATE = "escalate"
DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """What a page's link shows before anything is pressed."""

    page: Page
    incident: Incident


@dataclass(frozen=True, slots=True)
class Call:
    """The chapter of calling. `link_key` signs the links in pages."""

    store: Store
    clock: Clock
    roster: Roster
    link_key: bytes

    def begin(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An incident opened: the calls begin, and those who want to know are told."""
        self._tell(shelves, incident, NoticeEvent.OPENED, now)
        if escalation.starts(self.roster, incident.severity):
            self._first_step(shelves, incident, now)

    def follow(self, shelves: Shelves, before: Incident, after: Incident, now: datetime) -> None:
        """An incident changed: a worse severity calls anew, an end stops the calls and is told."""
        if before.status.is_active and after.status is Status.RESOLVED:
            shelves.jobs.drop(_escalation_key(after))
            self._tell(shelves, after, NoticeEvent.RESOLVED, now)
        if before.acknowledged_at is None and after.acknowledged_at is not None:
            self._acknowledged(shelves, after, now)
        elif escalation.restarts(self.roster, before, after):
            self._first_step(shelves, after, now)

    def escalate(self, shelves: Shelves, job: Job) -> None:
        """The next step of an escalation is due."""
        incident = held(shelves, UUID(job.args["incident"]))
        started_at = datetime.fromisoformat(job.args["started_at"])
        self._step(shelves, incident, int(job.args["step"]), started_at=started_at, now=self.clock.now())

    def hasten(self, shelves: Shelves, incident: Incident, now: datetime) -> bool:
        """Make the next step due now; False when there is none left. The incident must be held."""
        job = self._next_step(shelves, incident)
        if job is not None:
            shelves.jobs.reschedule(replace(job, run_at=now, owner="", attempts=0))
        return job is not None

    def unreached(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """No channel of the latest page works: the next person is called now, and administrators are told.

        The incident must be held. Only the next round of calls keeps its time.
        """
        self._tell(shelves, incident, NoticeEvent.UNREACHED, now)
        job = self._next_step(shelves, incident)
        if job is not None and not escalation.ends_round(self.roster, incident, int(job.args["step"])):
            self.hasten(shelves, incident, now)

    def escalate_now(self, incident_id: UUID, actor: str) -> Incident:
        """A person asks for the next step now. Raises `NotFound`, also when no step is left."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            incident = held(shelves, incident_id)
            if not self.hasten(shelves, incident, now):
                raise NotFound(
                    f"{incident.short_name} has no further step to escalate to.",
                    means="Nobody more was called: it was acknowledged, has ended, or calls nobody.",
                    next_step="Call the next person directly, and write a note.",
                )
            text = f"{actor} asked for the next step of the escalation."
            tell(shelves, incident, line(incident, Happening.ESCALATED, text, by=actor, now=now))
            return incident

    def acknowledge(self, incident_id: UUID, actor: str, via: str = "") -> Incident:
        """A person takes the incident: the calls stop. Repeating it changes nothing. Raises `NotFound`."""
        with self.store.transaction() as shelves:
            return self._acknowledge(shelves, held(shelves, incident_id), actor, via, self.clock.now())

    def read_link(self, page_id: UUID, token: str) -> LinkedPage:
        """Return what a link leads to, changing nothing. Raises `NotFound`, `LinkRefused`."""
        with self.store.reading() as shelves:
            return self._linked(shelves, page_id, token, self.clock.now())

    def acknowledge_by_link(self, page_id: UUID, token: str) -> Incident:
        """The link's one use. Raises `NotFound`, `LinkRefused` (wrong, used, expired)."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(f"page:{page_id}")
            linked = self._linked(shelves, page_id, token, now)
            shelves.pages.save(replace(linked.page, link_used_at=now))
            incident = held(shelves, linked.incident.incident_id)
            return self._acknowledge(shelves, incident, linked.page.person, "the link in the page", now)

    def _linked(self, shelves: Shelves, page_id: UUID, token: str, now: datetime) -> LinkedPage:
        page = shelves.pages.get(page_id)
        incident = shelves.incidents.get(page.incident_id) if page else None
        if page is None or incident is None:
            raise NotFound(
                "This link leads to no page.",
                means="Nothing was acknowledged.",
                next_step="Open the link from the message again, whole, or sign in and acknowledge there.",
            )
        links.check(page, token, self.link_key, now)
        return LinkedPage(page, incident)

    def _acknowledge(
        self, shelves: Shelves, incident: Incident, actor: str, via: str, now: datetime
    ) -> Incident:
        acknowledged = record(shelves, lifecycle.acknowledge(incident, actor, now, via))
        self.follow(shelves, incident, acknowledged, now)
        return acknowledged

    def _acknowledged(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        shelves.jobs.drop(_escalation_key(incident))
        for page in shelves.pages.of_incident(incident.incident_id):
            if page.acknowledged_at is None:
                shelves.pages.save(replace(page, acknowledged_at=now))

    def _first_step(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """Take the first step in this transaction, or wait for it where the on-call file leaves some time."""
        due = escalation.first_step_at(self.roster, incident.severity, now)
        if due is None or due <= now:
            self._step(shelves, incident, 0, started_at=now, now=now)
        else:
            _await_step(shelves, incident, 0, run_at=due, started_at=now)

    def _step(
        self, shelves: Shelves, incident: Incident, step: int, *, started_at: datetime, now: datetime
    ) -> None:
        decision = escalation.decide_step(self.roster, incident, step, started_at=started_at, now=now)
        outcome = decision.outcome
        if isinstance(outcome, escalation.Stopped):
            return
        if isinstance(outcome, escalation.NobodyAnswered):
            self._again(shelves, incident, outcome, now)
            return
        if isinstance(outcome, escalation.Call):
            self._page(shelves, incident, outcome, now)
        else:
            entry = line(incident, Happening.NOBODY_TO_PAGE, outcome.reason, by=TOCSIN, now=now)
            tell(shelves, incident, entry)
        if step > 0:
            self._tell(shelves, incident, NoticeEvent.ESCALATED, now)
        if decision.next_step_at is not None:
            _await_step(shelves, incident, step + 1, run_at=decision.next_step_at, started_at=started_at)

    def _again(
        self, shelves: Shelves, incident: Incident, unanswered: escalation.NobodyAnswered, now: datetime
    ) -> None:
        tell(shelves, incident, line(incident, Happening.ESCALATED, unanswered.reason, by=TOCSIN, now=now))
        self._tell(shelves, incident, NoticeEvent.ESCALATED, now)
        if unanswered.started_at is not None:
            self._step(shelves, incident, 0, started_at=unanswered.started_at, now=now)

    def _next_step(self, shelves: Shelves, incident: Incident) -> Job | None:
        job = shelves.jobs.get(_escalation_key(incident))
        return job if job is not None and job.state is JobState.READY else None

    def _page(self, shelves: Shelves, incident: Incident, call: escalation.Call, now: datetime) -> None:
        page = Page(
            page_id=uuid4(),
            incident_id=incident.incident_id,
            step=call.step,
            person=call.person,
            role=call.role,
            reason=call.reason,
            requested_at=now,
            acknowledge_by=call.acknowledge_by,
            link_expires_at=now + links.LINK_LIFETIME,
        )
        shelves.pages.add(page)
        by = f"{page.acknowledge_by:%H:%M:%S} UTC"
        text = f"{page.person} ({page.role}) is called and has until {by} to acknowledge. {page.reason}"
        entry = line(incident, Happening.PAGED, text, by=TOCSIN, now=now)
        tell(shelves, incident, entry, {"page": str(page.page_id)})
        for number, contact in enumerate(call.contacts, start=1):
            delivery = _delivery(incident, f"page-{page.page_id}-{number}", contact, now)
            delivery = replace(delivery, page_id=page.page_id, person=page.person)
            _send(shelves, delivery, event="page", reason=page.reason)

    def _tell(self, shelves: Shelves, incident: Incident, event: NoticeEvent, now: datetime) -> None:
        for told in notices(self.roster, incident, event):
            delivery = _delivery(incident, f"notice-{uuid4()}", told.contact, now)
            _send(shelves, delivery, event=told.event, reason=told.reason)
            note(
                shelves,
                Happening.NOTICE_REQUESTED,
                at=now,
                subject=incident.short_name,
                facts={"key": delivery.key, "channel": delivery.channel, "reason": told.reason},
            )


def _delivery(incident: Incident, key: str, contact: Contact, now: datetime) -> Delivery:
    return Delivery(
        key=key,
        incident_id=incident.incident_id,
        page_id=None,
        person=None,
        channel=contact.channel,
        address=contact.address,
        subject=incident.short_name,
        state=DeliveryState.WAITING,
        requested_at=now,
    )


def _send(shelves: Shelves, delivery: Delivery, *, event: str, reason: str) -> None:
    """Put one message on its way: the delivery is a row, and the job of the same key sends it."""
    shelves.pages.add_delivery(replace(delivery, subject=f"{event} of {delivery.subject}"))
    shelves.jobs.put(
        Job(
            kind=f"{DELIVER}.{delivery.channel}",
            key=delivery.key,
            run_at=delivery.requested_at,
            args={"event": event, "reason": reason},
        )
    )


def _await_step(
    shelves: Shelves, incident: Incident, step: int, *, run_at: datetime, started_at: datetime
) -> None:
    """Wait for a step; an incident waits for one at a time, so the job's key is the incident's."""
    args = {
        "incident": str(incident.incident_id),
        "step": str(step),
        "started_at": started_at.isoformat(),
    }
    shelves.jobs.reschedule(Job(kind=ESCALATE, key=_escalation_key(incident), run_at=run_at, args=args))


def _escalation_key(incident: Incident) -> str:
    return f"{ESCALATE}:{incident.incident_id}"
