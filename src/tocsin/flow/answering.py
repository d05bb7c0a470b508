"""People answer by telephone: a key or a reply acknowledges or escalates; what came of a call is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.attempt import Attempt
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Incident
from tocsin.domain.page import Delivery, DeliveryState, Page
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.answers import answers_of
from tocsin.flow.call import Call
from tocsin.flow.paging import use_next_contact
from tocsin.flow.record import held, tell
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall.answers import Answers

SMS = "sms"
ANSWERED = "answered"
"""The kind of mark of replies that were done, so that one that comes twice is done once."""
REMEMBERED_FOR = timedelta(hours=72)
_LEFT_OUT = re.compile(r"[ ().-]")
_UNKNOWN = "Tocsin knows no page of yours. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Answering:
    """The chapter of answers. Each returns the words that the person is told."""

    store: Store
    clock: Clock
    call: Call

    def by_key(self, page_id: UUID, act: str, once: str) -> str:
        """A key was pressed in the call of a page. `act` is `acknowledge` or `escalate`."""
        with self.store.reading() as shelves:
            page = shelves.pages.get(page_id)
            incident = shelves.incidents.get(page.incident_id) if page else None
        if page is None or incident is None:
            return _UNKNOWN
        return self._done(incident, page.person, act, "a call", once)

    def by_text(self, sender: str, act: str, number: int, once: str) -> str:
        """A reply came from a number, for an incident (0: the latest that its owner was paged for)."""
        with self.store.reading() as shelves:
            found = self._paged(shelves, sender, number)
        if found is None:
            return _UNKNOWN
        incident, person = found
        return self._done(incident, person, act, "a text message", once)

    def became(self, key: str, words: str, *, is_failed: bool) -> None:
        """A partner says later what became of a message that it took; a failure calls the next person."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            delivery = shelves.pages.delivery(key)
            if delivery is None:
                return
            incident = held(shelves, delivery.incident_id)
            attempt = Attempt(
                key=key,
                number=delivery.attempts,
                at=now,
                took_ms=0,
                outcome="refused" if is_failed else DeliveryState.DELIVERED.value,
                status=None,
                answer=words,
            )
            shelves.pages.add_attempt(attempt)
            if is_failed and delivery.state is DeliveryState.DELIVERED:
                self._failed(shelves, incident, delivery, words, now)

    def _done(self, incident: Incident, person: str, act: str, via: str, once: str) -> str:
        with self.store.reading() as shelves:
            if shelves.marks.of(ANSWERED, [once]):
                return f"{incident.short_name}: that was done already."
        try:
            if act == "escalate":
                self.call.escalate_now(incident.incident_id, person)
                told = f"{incident.short_name} was escalated: the next person is called now."
            else:
                acknowledged = self.call.acknowledge(incident.incident_id, person, via)
                with self.store.reading() as shelves:
                    told = _acknowledged(acknowledged, person, answers_of(shelves, acknowledged))
        except Explained as refusal:
            return f"{refusal.happened} {refusal.means}"
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.marks.keep(ANSWERED, {once: b""}, now)
            shelves.marks.drop_older(ANSWERED, now - REMEMBERED_FOR)
        return told

    def _paged(self, shelves: Shelves, sender: str, number: int) -> tuple[Incident, str] | None:
        """Return the incident and the person; only who was paged under this number may answer from it."""
        for address in self._addresses(sender):
            for key in shelves.oversight.sent_to(SMS, address):
                page = _page_of(shelves, shelves.pages.delivery(key))
                incident = shelves.incidents.get(page.incident_id) if page else None
                if page is None or incident is None:
                    continue
                if incident.number == number or (number == 0 and incident.status.is_active):
                    return incident, page.person
        return None

    def _addresses(self, sender: str) -> tuple[str, ...]:
        """Return the number as people wrote it into the on-call file."""
        people = self.call.roster.people.values()
        written = {c.address for person in people for c in person.contacts if c.channel == SMS}
        return tuple(sorted(each for each in written if _LEFT_OUT.sub("", each) == sender))

    def _failed(
        self, shelves: Shelves, incident: Incident, delivery: Delivery, words: str, now: datetime
    ) -> None:
        dead = replace(delivery, state=DeliveryState.DEAD, finished_at=now, answer=f"refused: {words}")
        shelves.pages.save_delivery(dead)
        kind = Happening.PAGE_FAILED if delivery.page_id else Happening.NOTICE_FAILED
        text = (
            f"The {delivery.channel} to {delivery.person or delivery.shown_address} did not arrive: {words}."
        )
        facts = {"key": delivery.key, "channel": delivery.channel}
        tell(shelves, incident, line(incident, kind, text, by=TOCSIN, now=now), facts)
        waits = incident.status.is_active and not answers_of(shelves, incident).are_enough
        if not waits or dead.page_id is None or use_next_contact(shelves, dead, now):
            return
        if _nobody_waits_for(shelves, dead):
            self.call.unreached(shelves, incident, now)


def _acknowledged(incident: Incident, person: str, answers: Answers) -> str:
    if answers.still_needed:
        return f"{incident.short_name}: {answers.words}. The others are still called."
    if person in answers.by or incident.acknowledged_by is None:
        return f"{incident.short_name} is yours, {person}. Thank you."
    return f"{incident.short_name} was acknowledged by {incident.acknowledged_by} before."


def _page_of(shelves: Shelves, delivery: Delivery | None) -> Page | None:
    return shelves.pages.get(delivery.page_id) if delivery is not None and delivery.page_id else None


def _nobody_waits_for(shelves: Shelves, dead: Delivery) -> bool:
    """Say whether the latest page has no way left to arrive."""
    pages = shelves.pages.of_incident(dead.incident_id)
    if not pages or pages[-1].page_id != dead.page_id:
        return False
    return not any(
        other.state in (DeliveryState.WAITING, DeliveryState.DELIVERED)
        for other in shelves.pages.deliveries_of(dead.incident_id)
        if other.page_id == dead.page_id and other.key != dead.key
    )
