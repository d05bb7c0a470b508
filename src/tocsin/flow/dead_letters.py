"""Messages that were given up: listed with their cause, sent again, and shouted about when there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import GONE, Delivery, DeliveryState, address_digest
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Take
from tocsin.intake.lease import fingerprint_of
from tocsin.oncall.dead_letters import WITHIN, DeadLetter, alarms, firing

WATCH = "dead-letters"
_TOLD = "told"
_DELIVER = "deliver."
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The chapter of what did not get through."""

    store: Store
    clock: Clock
    take: Take

    def listed(self, limit: int = 50, channel: str = "") -> tuple[DeadLetter, ...]:
        """Return dead messages and other dead jobs, newest first."""
        with self.store.reading() as shelves:
            return listed_in(shelves, limit, channel)

    def count(self, channel: str = "") -> int:
        """Return how many there are."""
        with self.store.reading() as shelves:
            return shelves.oversight.count_dead(channel)

    def revive(self, keys: Sequence[str], actor: str) -> tuple[str, ...]:
        """Try dead ones again under their keys, all or none; written into the log. Raises `NotFound`."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            for key in keys:
                if not _revived(shelves, key, now):
                    raise NotFound(
                        f"No dead message has the key {key[:120]!r}.",
                        means="Nothing was changed.",
                        next_step="Look at `tocsin delivery list --dead` for those there are.",
                    )
                note(shelves, Happening.REPLAYED, at=now, actor=actor, subject=key)
        return tuple(keys)

    def revive_all(self, channel: str, actor: str) -> tuple[str, ...]:
        """Try all dead ones of a channel again (of every channel if it is empty); return their keys."""
        with self.store.reading() as shelves:
            keys = shelves.oversight.dead(MOST_AT_ONCE, channel)
        return self.revive(keys, actor)

    def watch(self) -> None:
        """Count what died within the hour, and raise, renew or end the alarm.

        What died of the alarm's own incidents is not counted, or the alarm would keep itself alive.
        """
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(WATCH)
            told = _told(shelves.marks.of(WATCH, [_TOLD]))
            count = shelves.oversight.died_since(now - WITHIN, _own_incidents(shelves, now))
            reports = alarms(count, now, told)
            if reports:
                raised = ",".join(sorted(firing(count)))
                shelves.marks.keep(WATCH, {_TOLD: raised.encode("ascii")}, now)
                self.take.own(shelves, reports)


def listed_in(shelves: Shelves, limit: int, channel: str = "") -> tuple[DeadLetter, ...]:
    """Return dead messages and other dead jobs, newest first, inside the caller's look."""
    found = (
        _letter(shelves, shelves.pages.delivery(key), shelves.jobs.get(key))
        for key in shelves.oversight.dead(limit, channel)
    )
    return tuple(letter for letter in found if letter is not None)


def _letter(shelves: Shelves, delivery: Delivery | None, job: Job | None) -> DeadLetter | None:
    if delivery is None:
        return None if job is None else _letter_of_job(shelves, job)
    incident = shelves.incidents.get(delivery.incident_id)
    return DeadLetter(
        key=delivery.key,
        kind=f"{_DELIVER}{delivery.channel}",
        channel=delivery.channel,
        address=delivery.shown_address,
        person=delivery.person or "",
        incident=incident.short_name if incident else "",
        reason=delivery.answer or (job.last_error if job else ""),
        status=delivery.status if delivery.status is not None else _last_status(shelves, delivery.key),
        attempts=delivery.attempts,
        requested_at=delivery.requested_at,
        died_at=delivery.finished_at or (job.run_at if job else delivery.requested_at),
    )


def _letter_of_job(shelves: Shelves, job: Job) -> DeadLetter:
    return DeadLetter(
        key=job.key,
        kind=job.kind,
        channel=job.kind.partition(".")[2],
        address="",
        person="",
        incident="",
        reason=job.last_error,
        status=_last_status(shelves, job.key),
        attempts=job.attempts,
        requested_at=job.created_at or job.run_at,
        died_at=job.run_at,
    )


def _last_status(shelves: Shelves, key: str) -> int | None:
    attempts = shelves.pages.attempts([key])
    return attempts[-1].status if attempts else None


def _revived(shelves: Shelves, key: str, now: datetime) -> bool:
    """Make a dead one due; of a message that a partner gave up after taking it, the job was done already."""
    delivery = shelves.pages.delivery(key)
    is_dead = delivery is not None and delivery.state is DeliveryState.DEAD
    is_revived = shelves.jobs.revive(key, now)
    job = shelves.jobs.get(key)
    if not is_revived and is_dead and job is not None and job.state is JobState.DONE:
        again = replace(job, state=JobState.READY, run_at=now, attempts=0, owner="", last_error="")
        shelves.jobs.reschedule(again)
        is_revived = True
    if is_revived and delivery is not None:
        # A person asks for it: an address that wanted no more is asked again.
        shelves.marks.drop(GONE, [address_digest(delivery.channel, delivery.address)])
        shelves.pages.save_delivery(replace(delivery, state=DeliveryState.WAITING, finished_at=None))
    return is_revived


def _told(kept: Mapping[str, bytes]) -> frozenset[Severity]:
    words = kept.get(_TOLD, b"").decode("ascii", "replace").split(",")
    return frozenset(each for each in Severity if each.value in words)


def _own_incidents(shelves: Shelves, now: datetime) -> frozenset[UUID]:
    """Return the incidents of the alarm itself."""
    found = (
        shelves.alerts.latest(fingerprint_of(report)) for report in alarms(MOST_AT_ONCE, now, frozenset())
    )
    return frozenset(alert.incident_id for alert in found if alert is not None and alert.incident_id)
