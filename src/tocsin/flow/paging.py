"""A page is put on its way: a message for each contact, at once or later, as many as a person can bear."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tocsin.domain.incident import Incident
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Delivery, DeliveryState, Page
from tocsin.domain.person import Contact
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.record import tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall import links
from tocsin.oncall.escalation import Call as PersonCalled
from tocsin.oncall.limits import pace
from tocsin.oncall.people import ADMINISTRATORS
from tocsin.oncall.roster import Roster
from tocsin.oncall.waves import Wave

DELIVER = "deliver"
YES = "yes"
MOST_REMEMBERED = 200
"""How many messages of one person and method are looked back at; a storm of P1s may bring more."""
HELD_AT_MOST = timedelta(days=2)
_CLAIMABLE = timedelta(seconds=5)
"""A job that is due later than this is claimed by nobody yet, whatever the clocks of other machines say."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Puts pages on their way inside the caller's transaction."""

    roster: Roster

    def page(self, shelves: Shelves, incident: Incident, called: PersonCalled, now: datetime) -> Page:
        """Record the page, and put a message for each contact of it into the job table."""
        page = Page(
            page_id=uuid4(),
            incident_id=incident.incident_id,
            step=called.step,
            person=called.person,
            role=called.role,
            reason=called.reason,
            requested_at=now,
            acknowledge_by=called.acknowledge_by,
            link_expires_at=now + links.LINK_LIFETIME,
            policy=called.policy,
        )
        is_first = self._is_first_of_p1(shelves, incident, called.person)
        shelves.pages.add(page)
        by = f"{page.acknowledge_by:%H:%M:%S} UTC"
        text = f"{page.person} ({page.role}) is called and has until {by} to acknowledge. {page.reason}"
        if called.how:
            text += f" {called.how}"
        entry = line(incident, Happening.PAGED, text, by=TOCSIN, now=now)
        tell(shelves, incident, entry, {"page": str(page.page_id)})
        goes: set[bool] = set()
        for number, wave in enumerate(called.waves, start=1):
            if wave.in_need and goes == {False}:
                # All was held back because there was too much; another channel would be too much as well.
                break
            delivery = replace(
                new_delivery(incident, f"page-{page.page_id}-{number}", wave.contact, now),
                page_id=page.page_id,
                person=page.person,
            )
            goes.add(self._plan(shelves, incident, delivery, wave, now, is_first=is_first))
        return page

    def may_send(self, shelves: Shelves, person: str, channel: str, key: str, now: datetime) -> bool:
        """Say whether a message to a person is within the limit, and count it if so."""
        return self._held_until(shelves, person, channel, key, now, is_first=False) is None

    def forget_old(self, shelves: Shelves, now: datetime) -> None:
        """Forget messages that no limit looks back at any more, and what was held back days ago."""
        for username, person in self.roster.people.items():
            for channel in {contact.channel for contact in person.contacts}:
                limit = self.roster.limits.of(channel)
                if limit is not None:
                    shelves.marks.drop_older(pace_kind(username, channel), now - limit.within)
                    shelves.marks.drop_older(held_kind(username, channel), now - HELD_AT_MOST)

    def _plan(
        self,
        shelves: Shelves,
        incident: Incident,
        delivery: Delivery,
        wave: Wave,
        now: datetime,
        *,
        is_first: bool,
    ) -> bool:
        """Put one message of a page on its way; False when it is held back."""
        due = now + wave.after
        args = {"event": "page", "reason": ""}
        if wave.in_need:
            answer = f"only if no other message of the page has arrived, at {due:%H:%M:%S} UTC"
            send(shelves, replace(delivery, answer=answer), args | {"in_need": YES}, due)
            return True
        person = delivery.person or ""
        held_until = self._held_until(shelves, person, delivery.channel, delivery.key, due, is_first=is_first)
        if held_until is None:
            answer = f"planned for {due:%H:%M:%S} UTC" if wave.after else ""
            send(shelves, replace(delivery, answer=answer), args, due)
            return True
        name = held_name(held_until, delivery.key)
        kind = held_kind(person, delivery.channel)
        shelves.marks.keep(kind, {name: str(incident.incident_id).encode()}, now)
        answer = f"held back until {held_until:%H:%M:%S} UTC, then told with others"
        send(shelves, replace(delivery, answer=answer), args | {"held": name}, held_until)
        text = (
            f"{person} had as many messages by {delivery.channel} lately as the limit allows, so this page "
            f"by {delivery.channel} waits until {held_until:%H:%M:%S} UTC and is then told with others."
        )
        entry = line(incident, Happening.PAGE_HELD, text, by=TOCSIN, now=now)
        tell(shelves, incident, entry, {"key": delivery.key, "channel": delivery.channel})
        return False

    def _held_until(
        self, shelves: Shelves, person: str, channel: str, key: str, due: datetime, *, is_first: bool
    ) -> datetime | None:
        """Return until when a message must wait, None for not at all; one that need not is counted."""
        limit = self.roster.limits.of(channel)
        if limit is None or person == ADMINISTRATORS:
            return None
        kind = pace_kind(person, channel)
        # The first page of a P1 goes whatever went before, so that is not even read.
        kept = {} if is_first else shelves.marks.all(kind, MOST_REMEMBERED)
        sent = tuple(datetime.fromisoformat(at.decode()) for at in kept.values())
        paced = pace(limit, sent, due, first=is_first)
        if paced.held_until is None:
            shelves.marks.keep(kind, {key: due.isoformat().encode()}, due)
        return paced.held_until

    @staticmethod
    def _is_first_of_p1(shelves: Shelves, incident: Incident, person: str) -> bool:
        if incident.severity is not Severity.P1:
            return False
        return all(page.person != person for page in shelves.pages.of_incident(incident.incident_id))


def new_delivery(incident: Incident, key: str, contact: Contact, now: datetime) -> Delivery:
    """Return one message about an incident that waits to be sent."""
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


def send(shelves: Shelves, delivery: Delivery, args: dict[str, str], due: datetime) -> None:
    """Put one message on its way: the delivery is a row, and the job of the same key sends it."""
    shelves.pages.add_delivery(replace(delivery, subject=f"{args['event']} of {delivery.subject}"))
    job = Job(kind=f"{DELIVER}.{delivery.channel}", key=delivery.key, run_at=due, args=args)
    shelves.jobs.put(job)


def withdraw(shelves: Shelves, incident: Incident, why: str, now: datetime) -> None:
    """Take back messages of pages that are not due yet; those at work are judged when they leave."""
    for delivery in shelves.pages.deliveries_of(incident.incident_id):
        if delivery.page_id is None or delivery.state is not DeliveryState.WAITING:
            continue
        job = shelves.jobs.get(delivery.key)
        if job is None or not _waits(job, now + _CLAIMABLE):
            continue
        shelves.jobs.drop(job.key)
        ended = replace(delivery, state=DeliveryState.NOT_NEEDED, finished_at=now, answer=why)
        shelves.pages.save_delivery(ended)
        person = delivery.person or ""
        if "held" in job.args:
            shelves.marks.drop(held_kind(person, delivery.channel), [job.args["held"]])
        else:
            shelves.marks.drop(pace_kind(person, delivery.channel), [delivery.key])


def use_next_contact(shelves: Shelves, failed: Delivery, now: datetime) -> bool:
    """A way of a page failed: the next contact, not due yet, is used now; False if there is none."""
    ways = [
        each
        for each in shelves.pages.deliveries_of(failed.incident_id)
        if each.page_id == failed.page_id and each.key != failed.key
    ]
    if any(each.state is DeliveryState.DELIVERED for each in ways):
        return False
    jobs = [shelves.jobs.get(each.key) for each in ways if each.state is DeliveryState.WAITING]
    later = [job for job in jobs if job is not None and _waits(job, now) and "held" not in job.args]
    if not later:
        return False
    shelves.jobs.reschedule(replace(min(later, key=lambda job: job.run_at), run_at=now))
    return True


def is_reached(shelves: Shelves, incident_id: UUID, page_id: UUID | None) -> bool:
    """Say whether some channel has accepted the page."""
    return any(
        each.page_id == page_id and each.state is DeliveryState.DELIVERED
        for each in shelves.pages.deliveries_of(incident_id)
    )


def pace_kind(person: str, channel: str) -> str:
    """Return the kind of mark that remembers when a person got messages by a channel."""
    return f"pace-{_short(person, channel)}"


def held_kind(person: str, channel: str) -> str:
    """Return the kind of mark that remembers what is held back from a person."""
    return f"held-{_short(person, channel)}"


def held_name(until: datetime, key: str) -> str:
    """Return the name of a mark of something held back; those that wait for one instant begin alike."""
    return f"{until.isoformat()}|{key}"


def _short(person: str, channel: str) -> str:
    """Names are of any length, kinds of marks are short."""
    return hashlib.sha256(f"{person}|{channel}".encode()).hexdigest()[:16]


def _waits(job: Job, after: datetime) -> bool:
    return job.state is JobState.READY and not job.owner and not job.attempts and job.run_at > after
