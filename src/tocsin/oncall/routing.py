"""Find the policy that an incident is called by, and who is only told of it, without a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.notices import NoticeEvent
from tocsin.oncall.people import ADMINISTRATORS, INBOX
from tocsin.oncall.policies import DEFAULT_POLICY
from tocsin.oncall.roster import Roster
from tocsin.oncall.routes import Route

OUR_LABELS = ("severity", "type", "source", "service")
"""Labels that carry our own verdict in a route's matchers; the sender's word is `source_severity` there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where an incident goes. `policy` is empty where the file has no such policy any more.

    `tell` are rooms that the routes name beside the notices. `why` is the path through the tree in words.
    """

    policy: str
    tell: tuple[Contact, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One address to be told, and why."""

    contact: Contact
    event: NoticeEvent
    reason: str


def route(roster: Roster, labels: Mapping[str, str]) -> Routed:
    """Go through the routes from the top: the first that fits and names a policy gives it.

    A route that fits ends the search among its siblings unless it says `continue`; its own routes are looked
    through first. One without a policy leaves it to the route above it, in the end to the policy `default`.
    """
    found = list(_fitting(roster.routes, labels, ()))
    path = next((each for each in found if _policy_of(each)), ())
    policy = _policy_of(path) or DEFAULT_POLICY
    tell = dict.fromkeys(contact for each in found for one in each for contact in one.tell)
    others = dict.fromkeys(_policy_of(each) for each in found)
    also = [name for name in others if name not in ("", policy)]
    why = _why(roster, path, policy)
    if also:
        why += f" Routes after it name {', '.join(also)}; the first counts."
    return Routed(policy=policy, tell=tuple(tell), why=why)


def labels_of(
    alert: Alert, severity: Severity, incident_type: str, services: tuple[str, ...] = ()
) -> Mapping[str, str]:
    """Return the labels that routes are matched by: the alert's, with our verdict in them."""
    labels = dict(alert.labels)
    labels["source_severity"] = labels.get("severity", "")
    labels |= {"severity": severity.value, "type": incident_type, "source": alert.source}
    if services:
        labels["service"] = services[0]
    return labels


def policy_for(
    roster: Roster, alert: Alert, severity: Severity, incident_type: str, services: tuple[str, ...] = ()
) -> Routed:
    """Return where an incident goes that this alert opens, by what triage made of the alert."""
    return route(roster, labels_of(alert, severity, incident_type, services))


def notices(
    roster: Roster, incident: Incident, event: NoticeEvent, also: tuple[Contact, ...] = ()
) -> tuple[Told, ...]:
    """Return each address once, in the order of the file, although several rules may name it.

    `also` are rooms that the incident's routes or a step name. Practice is told to Inboxes only. That a page
    reached nobody, the administrators' Inbox is told always.
    """
    told: dict[Contact, Told] = {}
    for number, rule in enumerate(roster.notices, start=1):
        if rule.tells(incident.severity, event):
            reason = f"Notice {number} of {roster.path}: {incident.severity.label} incidents, {event}."
            told.setdefault(rule.contact, Told(contact=rule.contact, event=event, reason=reason))
    for contact in also:
        reason = f"Named by a route or a step of {roster.path}."
        told.setdefault(contact, Told(contact=contact, event=event, reason=reason))
    if event is NoticeEvent.UNREACHED:
        contact = Contact(channel=INBOX, address=ADMINISTRATORS)
        told.setdefault(contact, Told(contact=contact, event=event, reason="A page reached nobody."))
    return tuple(one for one in told.values() if not incident.drill or one.contact.channel == INBOX)


def _fitting(
    routes: tuple[Route, ...], labels: Mapping[str, str], above: tuple[Route, ...]
) -> tuple[tuple[Route, ...], ...]:
    """Return the path to each deepest route that fits, in the order of the tree."""
    found: list[tuple[Route, ...]] = []
    for one in routes:
        if not one.fits(labels):
            continue
        path = (*above, one)
        found += _fitting(one.routes, labels, path) or (path,)
        if not one.continues:
            break
    return tuple(found)


def _why(roster: Roster, path: tuple[Route, ...], policy: str) -> str:
    if path:
        names = " → ".join(f"“{one.name}” (line {one.line})" for one in path)
        return f"Policy {policy}: by route {names} of {roster.path}."
    if roster.routes:
        return f"Policy {policy}: no route of {roster.path} names another."
    return f"Policy {policy}: {roster.path} has no routes."


def _policy_of(path: tuple[Route, ...]) -> str:
    return next((one.policy for one in reversed(path) if one.policy), "")
