"""Messages that belong to no incident: lists, hand-overs, tests of whether somebody can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from tocsin.domain.job import Job
from tocsin.domain.page import Message
from tocsin.domain.person import Contact
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.paging import DELIVER
from tocsin.flow.record import note
from tocsin.oncall.messages import letter
from tocsin.oncall.retrying import next_try

LETTER = "letter-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What to tell. `event` is `readiness`, `handover` or `digest`."""

    event: str
    subject: str
    text: str
    link: str
    person: str = ""


def post(shelves: Shelves, wanted: Letter, contact: Contact, now: datetime, name: str = "") -> str:
    """Put a letter on its way inside the caller's transaction; return its key.

    With a `name` it is put once, however often it is asked for.
    """
    key = f"{LETTER}{name or uuid4()}"
    args = {
        "event": wanted.event,
        "subject": wanted.subject,
        "text": wanted.text,
        "link": wanted.link,
        "person": wanted.person,
        "address": contact.address,
    }
    if shelves.jobs.put(Job(kind=f"{DELIVER}.{contact.channel}", key=key, run_at=now, args=args)):
        facts = {"channel": contact.channel, "event": wanted.event, "person": wanted.person}
        note(shelves, Happening.NOTICE_REQUESTED, at=now, subject=key, facts=facts)
    return key


def is_letter(job: Job) -> bool:
    """Say whether a delivery job is a letter."""
    return job.key.startswith(LETTER)


def letter_of(job: Job) -> Message:
    """Return the message behind the job of a letter."""
    return letter(
        key=job.key,
        event=job.args["event"],
        subject=job.args["subject"],
        text=job.args["text"],
        link=job.args["link"],
        person=job.args["person"],
    )


def settle_letter(shelves: Shelves, job: Job, outcome: object, most_attempts: int, now: datetime) -> None:
    """Write the outcome into the log; end, repeat or bury the job."""
    facts = {"event": job.args["event"], "person": job.args["person"], "attempts": str(job.attempts)}
    if not isinstance(outcome, DeliveryFailed):
        note(shelves, Happening.NOTICE_DELIVERED, at=now, subject=job.key, facts=facts)
        shelves.jobs.finish(job.key, job.owner)
        return
    reason = f"{outcome.kind}: {outcome.reason}"[:300]
    again = next_try(
        outcome.kind,
        attempts=job.attempts,
        most_attempts=most_attempts,
        retry_after_s=outcome.retry_after_s,
        now=now,
    )
    if again is not None:
        shelves.jobs.retry(job.key, job.owner, again, reason)
        return
    note(shelves, Happening.NOTICE_FAILED, at=now, subject=job.key, facts={**facts, "reason": reason})
    shelves.jobs.bury(job.key, job.owner, reason)
