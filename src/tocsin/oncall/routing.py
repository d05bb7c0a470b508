"""Find who is only told of an incident, without a call."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.incident import Incident
from tocsin.domain.person import Contact
from tocsin.oncall.roster import ADMINISTRATORS, INBOX, NoticeEvent, Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One address to be told, and why."""

    contact: Contact
    event: NoticeEvent
    reason: str


def notices(roster: Roster, incident: Incident, event: NoticeEvent) -> tuple[Told, ...]:
    """Return each address once, in the order of the file, although several rules may name it.

    Practice is told to Inboxes only. That a page reached nobody, the administrators' Inbox is told always.
    """
    told: dict[Contact, Told] = {}
    for number, rule in enumerate(roster.notices, start=1):
        if incident.severity in rule.severities and event in rule.events:
            reason = f"Notice {number} of {roster.path}: {incident.severity.label} incidents, {event}."
            told.setdefault(rule.contact, Told(contact=rule.contact, event=event, reason=reason))
    if event is NoticeEvent.UNREACHED:
        contact = Contact(channel=INBOX, address=ADMINISTRATORS)
        told.setdefault(contact, Told(contact=contact, event=event, reason="A page reached nobody."))
    return tuple(one for one in told.values() if not incident.drill or one.contact.channel == INBOX)
