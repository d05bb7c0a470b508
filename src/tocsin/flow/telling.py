"""Those who want to know are told of an incident, and whoever heard of it hears how it goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from tocsin.domain.incident import Incident
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.domain.person import Contact
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.answers import answers_of
from tocsin.flow.paging import Paging, new_delivery, send
from tocsin.flow.record import note
from tocsin.oncall.follow_ups import FollowUp, Manners, follow_ups
from tocsin.oncall.notices import NoticeEvent
from tocsin.oncall.routing import notices

ROUTED = "routed"


@dataclass(frozen=True, slots=True)
class Telling:
    """Puts notices on their way inside the caller's transaction."""

    paging: Paging
    manners: Manners = field(default_factory=Manners)

    def tell(
        self,
        shelves: Shelves,
        incident: Incident,
        event: NoticeEvent,
        now: datetime,
        also: tuple[Contact, ...] = (),
        *,
        ends_calls: bool = False,
    ) -> None:
        """Tell those whom a notice, a route, or `also` names, then whoever had heard of it before.

        `ends_calls`: nobody need answer any more, so those who were paged hear that.
        """
        roster = self.paging.roster
        told = notices(roster, incident, event, (*also, *self._routed(shelves, incident)))
        for one in told:
            delivery = new_delivery(incident, f"notice-{uuid4()}", one.contact, now)
            self._send(shelves, delivery, event, one.reason, now)
        if event in (NoticeEvent.OPENED, NoticeEvent.UNREACHED):
            return
        contacts = {one.contact for one in told}
        before = shelves.pages.deliveries_of(incident.incident_id)
        answered = answers_of(shelves, incident).by
        for each in follow_ups(
            incident, before, self.manners, contacts, ends_calls=ends_calls, answered=answered
        ):
            self._follow_up(shelves, incident, event, each, now)

    def tell_rooms(
        self,
        shelves: Shelves,
        incident: Incident,
        event: NoticeEvent,
        rooms: tuple[Contact, ...],
        now: datetime,
    ) -> None:
        """Tell the rooms that a step names, except those that hear of such an event by a notice anyhow."""
        if not rooms:
            return
        routed = self._routed(shelves, incident)
        known = {one.contact for one in notices(self.paging.roster, incident, event, routed)}
        for one in notices(self.paging.roster, incident, event, (*routed, *rooms)):
            if one.contact not in known:
                delivery = new_delivery(incident, f"notice-{uuid4()}", one.contact, now)
                self._send(shelves, delivery, event, one.reason, now)

    def say(
        self, shelves: Shelves, incident: Incident, contacts: Sequence[Contact], text: str, now: datetime
    ) -> None:
        """Tell these addresses about the incident, whatever rules say; `text` is in the message."""
        for contact in contacts:
            delivery = new_delivery(incident, f"notice-{uuid4()}", contact, now)
            self._send(shelves, delivery, NoticeEvent.TOLD, text, now)

    def catch_up(self, shelves: Shelves, incident: Incident, delivery: Delivery, now: datetime) -> None:
        """A page arrived after somebody had acknowledged, or after the end: its receiver hears that too."""
        event = NoticeEvent.ACKNOWLEDGED if incident.status.is_active else NoticeEvent.RESOLVED
        arrived = (replace(delivery, state=DeliveryState.DELIVERED),)
        for each in follow_ups(incident, arrived, self.manners, (), ends_calls=True):
            self._follow_up(shelves, incident, event, each, now)

    def remember(self, shelves: Shelves, incident: Incident, rooms: Sequence[Contact], now: datetime) -> None:
        """Remember the rooms that an incident's routes name, for whatever happens to it later."""
        written = json.dumps([[room.channel, room.address] for room in rooms])
        shelves.marks.keep(ROUTED, {str(incident.incident_id): written.encode()}, now)

    def _routed(self, shelves: Shelves, incident: Incident) -> tuple[Contact, ...]:
        if not self.paging.roster.routes:
            return ()
        name = str(incident.incident_id)
        written = shelves.marks.of(ROUTED, [name]).get(name, b"[]")
        return tuple(Contact(channel=channel, address=address) for channel, address in json.loads(written))

    def _follow_up(
        self, shelves: Shelves, incident: Incident, event: NoticeEvent, each: FollowUp, now: datetime
    ) -> None:
        key = f"update-{uuid4()}"
        if not each.in_place and each.person is not None:
            channel = each.contact.channel
            if not self.paging.may_send(shelves, each.person, channel, key, now):
                reason = f"{each.person} had as many messages by {channel} lately as the limit allows"
                facts = {"channel": channel, "event": event.value, "reason": reason}
                note(shelves, Happening.NOTICE_FAILED, at=now, subject=incident.short_name, facts=facts)
                return
        delivery = replace(new_delivery(incident, key, each.contact, now), person=each.person)
        self._send(shelves, delivery, event, each.reason, now)

    @staticmethod
    def _send(shelves: Shelves, delivery: Delivery, event: NoticeEvent, reason: str, now: datetime) -> None:
        send(shelves, delivery, {"event": event.value, "reason": reason}, now)
        note(
            shelves,
            Happening.NOTICE_REQUESTED,
            at=now,
            subject=delivery.subject,
            facts={"key": delivery.key, "channel": delivery.channel, "reason": reason},
        )
