"""Say who can be reached by what: a contact counts once its owner has shown that a message arrives."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.errors import Explained
from tocsin.domain.person import Contact
from tocsin.oncall.people import INBOX
from tocsin.oncall.roster import Roster

COUNTS_FOR = timedelta(days=90)
TEST_LIFETIME = timedelta(hours=72)


class ReadinessLinkRefused(Explained):
    """The link of a readiness test is wrong or too old."""

    code = "readiness_link_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """One contact of one person. `verified_at` is when its owner last confirmed it, None for never."""

    person: str
    contact: Contact
    verified_at: datetime | None
    is_verified: bool

    @property
    def name(self) -> str:
        """Return what this contact is remembered by."""
        return contact_name(self.person, self.contact)


def contact_name(person: str, contact: Contact) -> str:
    """Return a contact's name in memory; the address itself stays out of it."""
    digest = hashlib.sha256(contact.address.encode()).hexdigest()[:16]
    return f"{person}|{contact.channel}|{digest}"


def readiness(roster: Roster, verified: Mapping[str, datetime], now: datetime) -> tuple[Readiness, ...]:
    """Return every contact of every person by name; `verified` is when each was last confirmed.

    The Inbox is on the console and reaches nobody outside, so it is never verified.
    """
    found = []
    for username in sorted(roster.people):
        for contact in roster.people[username].contacts:
            at = verified.get(contact_name(username, contact))
            counts = at is not None and now - at < COUNTS_FOR and contact.channel != INBOX
            found.append(Readiness(person=username, contact=contact, verified_at=at, is_verified=counts))
    return tuple(found)


def unreachable(found: tuple[Readiness, ...]) -> tuple[str, ...]:
    """Return the people none of whose contacts is verified."""
    ready = {each.person for each in found if each.is_verified}
    return tuple(dict.fromkeys(each.person for each in found if each.person not in ready))


def digest_text(found: tuple[Readiness, ...]) -> str:
    """Return the list that is sent every week: first who cannot be reached, then who can and by what."""
    lost = unreachable(found)
    lines = [f"{len(lost)} of {len({each.person for each in found})} people have no verified contact."]
    lines += [f"{person}: nothing is verified. Ask them to confirm a test message." for person in lost]
    for person in dict.fromkeys(each.person for each in found if each.person not in lost):
        ways = [
            f"{each.contact.channel} ({each.verified_at:%Y-%m-%d})"
            for each in found
            if each.person == person and each.is_verified
        ]
        lines.append(f"{person}: {', '.join(ways)}")
    return "\n".join(lines)


def token(name: str, sent_at: datetime, key: bytes) -> str:
    """Return what confirms a test: HMAC-SHA256 over the contact and the time, 43 characters safe in a URL."""
    signed = f"readiness|{name}|{int(sent_at.timestamp())}".encode()
    return base64.urlsafe_b64encode(hmac.new(key, signed, hashlib.sha256).digest()).rstrip(b"=").decode()


def check(name: str, sent_at: datetime, given: str, key: bytes, now: datetime) -> None:
    """Pass only for the right token of a test that is not too old. Raises `ReadinessLinkRefused`."""
    right = hmac.compare_digest(token(name, sent_at, key).encode(), given.encode("utf-8", "replace"))
    if not right or now - sent_at > TEST_LIFETIME:
        raise ReadinessLinkRefused(
            "This link confirms nothing." if not right else "This test is more than 72 hours old.",
            means="Nothing was changed; the contact does not count as tested.",
            next_step="Ask for another test with `tocsin oncall test`, and open its link whole.",
        )
