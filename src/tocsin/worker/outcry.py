"""Calls people past the database where it swallows the incident of a tampered log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.app.wiring import App
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained
from tocsin.domain.page import Message
from tocsin.domain.person import Contact
from tocsin.domain.ports.delivery import Channel, DeliveryFailed
from tocsin.domain.ports.shelves import Store
from tocsin.domain.severity import Severity
from tocsin.flow.breach import incident_of
from tocsin.intake.lease import fingerprint_of
from tocsin.oncall.policies import DEFAULT_POLICY
from tocsin.oncall.roster import Roster
from tocsin.oncall.whom import whom
from tocsin.store.faults import tables_as_written

log = logging.getLogger("tocsin.worker")

AGAIN = timedelta(minutes=5)
"""How long after an outcry the next one follows, while there is still no incident."""


@dataclass(slots=True)
class Outcry:
    """Reads back whether what must be an incident is one, and else sends to the first people of the roster.

    `roster` returns the roster as its file has it: overrides lie in the database and are not asked.
    """

    store: Store
    clock: Clock
    roster: Callable[[], Roster]
    channels: Mapping[str, Channel]
    link: str
    _cried: dict[str, datetime] = field(default_factory=dict)

    def round(self, reports: Iterable[AlertReport]) -> None:
        """Cry out for each report that has no incident, at most every five minutes."""
        now = self.clock.now()
        for report in reports:
            name = fingerprint_of(report)
            if self._is_told(report):
                self._cried.pop(name, None)
            elif name not in self._cried or now - self._cried[name] >= AGAIN:
                self._cried[name] = now
                self._cry(report, f"audit-outcry-{name}-{now:%Y%m%dT%H%M%S}", now)

    def _is_told(self, report: AlertReport) -> bool:
        try:
            with tables_as_written(), self.store.reading() as shelves:
                return incident_of(shelves, report) is not None
        except Explained:
            return False

    def _cry(self, report: AlertReport, key: str, now: datetime) -> None:
        summary = report.annotations["summary"]
        log.critical("NO INCIDENT COULD BE OPENED: %s. %s", summary, report.annotations["description"])
        message = Message(
            key=key,
            subject=f"[P1] {summary}: no incident could be opened"[:120],
            text=(
                f"{summary}. {report.annotations['description']}\nThe database did not keep the incident "
                "that was opened for it: somebody may keep Tocsin from calling. Look at the server itself."
            )[:1500],
            link=self.link,
            severity=Severity.P1.value,
            incident="none",
            is_page=True,
        )
        for contact in first_contacts(self.roster(), now):
            self._send(message, contact)

    def _send(self, message: Message, contact: Contact) -> None:
        channel = self.channels.get(contact.channel)
        if channel is None:
            log.critical("the channel %s is not set up; nobody was called by it", contact.channel)
            return
        try:
            with tables_as_written():
                channel.send(message, contact.address)
        except (DeliveryFailed, Explained) as failed:
            log.critical("the channel %s did not take the outcry: %s", contact.channel, failed)
        else:
            log.critical("people were called by the channel %s, past the database", contact.channel)


def first_contacts(roster: Roster, now: datetime) -> tuple[Contact, ...]:
    """Return each contact of the first people that a P1 calls; of all people where it calls nobody."""
    steps = roster.policy(DEFAULT_POLICY).of(Severity.P1)
    targets = next((step.page for step in steps if step.page), ())
    found = [one for target in targets for one in whom(roster, target, (), now, practice=False)]
    contacts = [contact for one in found if one.person is not None for contact in one.contacts]
    everybody = [contact for person in roster.people.values() for contact in person.contacts]
    return tuple(dict.fromkeys(contacts or everybody))


def outcry_of(app: App) -> Outcry:
    """Return what calls people past an application's database."""
    link = app.settings.text("TOCSIN_PUBLIC_URL")
    return Outcry(app.store, app.clock, lambda: app.policies.roster, app.channels, link)
