"""A page calls a person and has a deadline; a notice only tells; a delivery is one message on one channel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

GONE = "gone"
"""The kind of mark of addresses that want no more messages, by `address_digest`."""


def address_digest(channel: str, address: str) -> str:
    """Return the SHA-256 (hex) of an address, which may be a secret itself."""
    return hashlib.sha256(f"{channel}\0{address}".encode("utf-8", "replace")).hexdigest()


def shown_address(address: str) -> str:
    """Return an address without what may be a secret: of a URL its scheme and host alone."""
    if "://" not in address:
        return address
    try:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.hostname or ''}/…"
    except ValueError:
        return "…"


class DeliveryState(StrEnum):
    """How far one message got. Delivered means accepted by the channel, not read by a person."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One call to one person.

    `page_id` stays the same over retries. `policy` names the escalation policy, `step` is its step (0
    first). `acknowledge_by` is the deadline. `reason` says in plain words why this person was called
    (schedule, rotation, step).
    `link_expires_at` ends the single-use link; `link_used_at` is set by the POST that used it.
    """

    page_id: UUID
    incident_id: UUID
    step: int
    person: str
    role: str
    reason: str
    requested_at: datetime
    acknowledge_by: datetime
    link_expires_at: datetime
    link_used_at: datetime | None = None
    acknowledged_at: datetime | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one address, for a page or a notice.

    `key` is unique, is sent to the partner as the idempotency key, and never changes over retries. `page_id`
    is None for a notice. `answer` is the channel's bounded answer or the last failure, `status` the HTTP (or
    SMTP) status of that failure, None where no answer came. `reference` is what the partner calls the message
    (Slack's `ts`, Jira's key), empty where it has no name, so that a later message can change it in place.
    """

    key: str
    incident_id: UUID
    page_id: UUID | None
    person: str | None
    channel: str
    address: str
    subject: str
    state: DeliveryState
    requested_at: datetime
    attempts: int = 0
    finished_at: datetime | None = None
    answer: str = ""
    status: int | None = None
    reference: str = ""

    @property
    def shown_address(self) -> str:
        """Return the address as people may see it."""
        return shown_address(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel is asked to send.

    `key` is the idempotency key. `link` is the page where the receiver can act. `fields` are short facts in
    the order to be shown (`("Severity", "P1 Critical")`). All text comes from outside and must be escaped by
    the channel's own rules. `runbook_url` is empty when there is none. `event` is `page` or a notice's event
    (opened, acknowledged, escalated, resolved ...). `thread` is the `reference` that an earlier message about
    the same incident to the same address was given, empty for the first: a channel that can, changes that one
    or answers below it. `incident_key` names the incident for partners that keep state (PagerDuty's
    `dedup_key`, a label in Jira): the same for all messages of an incident. `page_id` is empty for a notice.
    `attempt` counts the tries to send it, 1 the first: from the second on, a channel without idempotency keys
    may look for what an earlier try has left. `still_needed` is how many people must acknowledge beside those
    who have, 0 where nobody has or they are enough.
    """

    key: str
    subject: str
    text: str
    link: str
    severity: str
    incident: str
    is_page: bool
    fields: tuple[tuple[str, str], ...] = ()
    runbook_url: str = ""
    event: str = "page"
    thread: str = ""
    incident_key: str = ""
    page_id: str = ""
    person: str = ""
    status: str = ""
    attempt: int = 1
    still_needed: int = 0
