"""People show that they can be reached: a test message goes to each contact, and its link confirms it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Contact
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.letters import Letter, post
from tocsin.flow.record import note
from tocsin.oncall.readiness import Readiness, check, contact_name, readiness, token
from tocsin.oncall.roster import Roster

TESTED = "readiness-test"
VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTest:
    """One test message. `test_id` is in its link; `sent_at` is in UTC."""

    test_id: UUID
    person: str
    contact: Contact
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """The chapter of readiness. `key` signs the links, `public_url` is where they lead."""

    store: Store
    clock: Clock
    roster: Roster
    key: bytes
    public_url: str

    def standing(self, shelves: Shelves) -> tuple[Readiness, ...]:
        """Return every contact of every person, and whether it is verified now."""
        verified = {
            name: datetime.fromisoformat(at.decode()) for name, at in shelves.marks.all(VERIFIED).items()
        }
        return readiness(self.roster, verified, self.clock.now())

    def test(self, actor: str, person: str = "") -> tuple[SentTest, ...]:
        """Send a test message to each contact of a person, or of everybody. Raises `NotFound`."""
        if person and person not in self.roster.people:
            raise NotFound(
                f"{person[:80]!r} is not in {self.roster.path}.",
                means="Nobody was sent a test.",
                next_step=f"Choose one of: {', '.join(sorted(self.roster.people)) or 'nobody is listed'}.",
            )
        chosen = [person] if person else sorted(self.roster.people)
        now = self.clock.now()
        with self.store.transaction() as shelves:
            sent = tuple(
                self._test(shelves, username, contact, now)
                for username in chosen
                for contact in self.roster.people[username].contacts
            )
            for username in chosen:
                facts = {"text": f"{username} is asked to confirm a test message."}
                note(shelves, Happening.READINESS, at=now, actor=actor, subject=username, facts=facts)
        return sent

    def read(self, test_id: UUID, given: str) -> SentTest:
        """Return what a link confirms, changing nothing. Raises `NotFound`, `ReadinessLinkRefused`."""
        with self.store.reading() as shelves:
            return self._checked(shelves, test_id, given)

    def confirm(self, test_id: UUID, given: str) -> SentTest:
        """The person confirms: the contact counts as verified for 90 days. Repeating it changes nothing.

        Raises `NotFound`, `ReadinessLinkRefused`.
        """
        now = self.clock.now()
        with self.store.transaction() as shelves:
            sent = self._checked(shelves, test_id, given)
            name = contact_name(sent.person, sent.contact)
            known = shelves.marks.of(VERIFIED, [name]).get(name)
            if known is None or datetime.fromisoformat(known.decode()) < sent.sent_at:
                text = f"{sent.person} confirmed a test message by {sent.contact.channel}."
                facts = {"text": text, "channel": sent.contact.channel}
                who = sent.person
                note(shelves, Happening.READINESS, at=now, actor=who, subject=who, facts=facts)
                shelves.marks.keep(VERIFIED, {name: now.isoformat().encode()}, now)
        return sent

    def _test(self, shelves: Shelves, person: str, contact: Contact, now: datetime) -> SentTest:
        sent = SentTest(test_id=uuid4(), person=person, contact=contact, sent_at=now)
        written = json.dumps(
            {
                "person": person,
                "channel": contact.channel,
                "address": contact.address,
                "sent_at": now.isoformat(),
            }
        )
        shelves.marks.keep(TESTED, {str(sent.test_id): written.encode()}, now)
        link = f"{self.public_url}/ready/{sent.test_id}/{token(contact_name(person, contact), now, self.key)}"
        text = (
            f"This is a test of how {self.roster.people[person].name} can be reached. Nothing is wrong.\n"
            f"Open the link and confirm that this message arrived: {link}"
        )
        letter = Letter(
            event="readiness", subject="Test: can you be reached?", text=text, link=link, person=person
        )
        post(shelves, letter, contact, now)
        return sent

    def _checked(self, shelves: Shelves, test_id: UUID, given: str) -> SentTest:
        written = shelves.marks.of(TESTED, [str(test_id)]).get(str(test_id))
        if written is None:
            raise NotFound(
                "This link belongs to no test.",
                means="Nothing was changed.",
                next_step="Ask for another test with `tocsin oncall test`, and open its link whole.",
            )
        told = json.loads(written)
        sent = SentTest(
            test_id=test_id,
            person=told["person"],
            contact=Contact(channel=told["channel"], address=told["address"]),
            sent_at=datetime.fromisoformat(told["sent_at"]),
        )
        name = contact_name(sent.person, sent.contact)
        check(name, sent.sent_at, given, self.key, self.clock.now())
        return sent
