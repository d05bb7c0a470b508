"""Pages that were held back from a person leave as one message, once the person can bear it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.page import Delivery, Message
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.answers import answers_of
from tocsin.flow.paging import held_kind, pace_kind
from tocsin.oncall.answers import Answers
from tocsin.oncall.messages import bundle_message

LISTED_AT_MOST = 10
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """The message has no use any more, and why."""

    reason: str


def bundled(shelves: Shelves, job: Job, delivery: Delivery, link: str) -> Message | NotNeeded:
    """Return the one message of all that wait for the same instant; the first of them by name carries it.

    What was acknowledged or ended meanwhile is left out.
    """
    if _is_behind_another(shelves, job, delivery):
        return NotNeeded("it is told together with others")
    names = _together(shelves, job, delivery)
    if not names or min(names) != job.args["held"]:
        return NotNeeded("it is told together with others")
    wanted = _still_wanted(shelves, tuple(names.values())[:LOOKED_AT], delivery.person or "")
    if not wanted:
        return NotNeeded("all that was held back was acknowledged or is over")
    return bundle_message(
        key=delivery.key,
        person=delivery.person or "",
        held=wanted[:LISTED_AT_MOST],
        count=len(wanted) if len(names) <= LOOKED_AT else len(names),
        link=link,
    )


def settle_bundle(shelves: Shelves, job: Job, delivery: Delivery, now: datetime) -> None:
    """The message was delivered: what it told is not held any more, and it counts as one."""
    person = delivery.person or ""
    shelves.marks.drop(held_kind(person, delivery.channel), _together(shelves, job, delivery))
    kind = pace_kind(person, delivery.channel)
    shelves.marks.keep(kind, {delivery.key: now.isoformat().encode()}, now)


def _is_behind_another(shelves: Shelves, job: Job, delivery: Delivery) -> bool:
    """Say, by one row, whether another one carries the message: a storm holds back thousands."""
    first = next(iter(shelves.marks.all(held_kind(delivery.person or "", delivery.channel), 1)), "")
    own = job.args["held"]
    return first != own and first.partition("|")[0] == own.partition("|")[0]


def _together(shelves: Shelves, job: Job, delivery: Delivery) -> dict[str, bytes]:
    """Return what waits for the same instant at the same address, by name."""
    until = job.args["held"].partition("|")[0]
    kept = shelves.marks.all(held_kind(delivery.person or "", delivery.channel))
    return {name: incident for name, incident in sorted(kept.items()) if name.startswith(f"{until}|")}


def _still_wanted(shelves: Shelves, incident_ids: tuple[bytes, ...], person: str) -> tuple[Incident, ...]:
    found = [shelves.incidents.get(UUID(each.decode())) for each in dict.fromkeys(incident_ids)]
    return tuple(
        each
        for each in found
        if each and each.status.is_active and _waits_for(answers_of(shelves, each), person)
    )


def _waits_for(answers: Answers, person: str) -> bool:
    return not answers.are_enough and person not in answers.by
