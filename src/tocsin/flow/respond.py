"""Evidence first: collectors keep what is known as soon as an incident opens; people add to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from tocsin.domain.acting import Collector
from tocsin.domain.action import Demand
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct, Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.evidence.custody import ExhibitFault, custody_event, refusal_of, verify_exhibits
from tocsin.evidence.exhibits import Deposit, label
from tocsin.evidence.opening import starts_for
from tocsin.flow.admitting import Stored, admitted, incident_of
from tocsin.flow.collect import (
    ALERT_CONTEXT,
    COLLECT,
    Asked,
    Collected,
    Collecting,
    Quotes,
    Starts,
    no_quotes,
    no_starts,
)
from tocsin.flow.record import note
from tocsin.triage.classify import runbook_url

# Later alerts of the same incident are collected together, at most once in this time.
COLLECT_AGAIN_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Respond:
    """The chapter of evidence. Bytes go to the locker first, then one transaction makes them an exhibit.

    `starts` says which of the `collectors` start when an incident opens, besides that of its alerts, and
    `quotes` those that quote pages of runbooks.
    """

    store: Store
    clock: Clock
    locker: EvidenceLocker
    collectors: Mapping[str, Collector] = field(default_factory=dict)
    starts: Starts = no_starts
    encrypts: bool = False
    quotes: Quotes = no_quotes

    @property
    def collecting(self) -> Collecting:
        """Return what starts collectors and admits what they gathered."""
        return Collecting(self.clock, self.collectors, self.encrypts)

    def begin(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An incident opened: its collectors start, before anybody can act on it."""
        shelves.jobs.reschedule(_collection(incident, now))
        alerts = shelves.alerts.of_incident(incident.incident_id)
        self.collecting.start(shelves, incident, self.starts(incident, alerts), now)
        self.quote(shelves, incident, map(runbook_url, alerts))

    def quote(self, shelves: Shelves, incident: Incident, urls: Iterable[str]) -> None:
        """Quote pages of runbooks, each once in an incident; those that are in no source are only linked."""
        starts = self.quotes(urls)
        if not starts:
            return
        known = shelves.exhibits.of_incident(incident.incident_id)
        quoted = {(each.collector, each.of) for each in known if not each.gap}
        new = [each for each in starts if (each.collector, each.of) not in quoted]
        self.collecting.start(shelves, incident, new, self.clock.now())

    def collect_for(
        self,
        shelves: Shelves,
        incident: Incident,
        demands: Iterable[Demand],
        arguments: Mapping[str, Any],
    ) -> None:
        """Start what an action or a person needs, one job for each demand; what is on its way stays so.

        A collector is given those of the arguments that it has a parameter for.
        """
        starts = starts_for(demands, self.collectors, arguments)
        self.collecting.start(shelves, incident, starts, self.clock.now())

    def joined(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An alert joined: what is known now is collected again, a little later and once for many."""
        shelves.jobs.put(_collection(incident, now + COLLECT_AGAIN_AFTER, f"{now:%Y%m%d%H%M}"))

    def grew(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An alert of the incident goes on: its growth is collected, at most six times an hour."""
        slot = f"{now:%Y%m%d%H}{now.minute // 10}x"
        shelves.jobs.put(_collection(incident, now + COLLECT_AGAIN_AFTER, slot))

    def collect(self, shelves: Shelves, job: Job) -> Collected | Asked | None:
        """Return what a collector's job asks for; None when there is no such incident."""
        return self.collecting.asked(shelves, job)

    def settle(self, shelves: Shelves, gathered: Iterable[Stored]) -> tuple[Exhibit, ...]:
        """Make what was gathered exhibits, each once."""
        return self.collecting.settle(shelves, gathered)

    def collection_failed(self, shelves: Shelves, job: Job, reason: str) -> None:
        """Write down that a collector was given up, so that nobody believes its evidence is there."""
        self.collecting.given_up(shelves, job, reason)

    def keep(
        self,
        incident_id: UUID,
        *,
        name: str,
        media_type: str,
        content: BinaryIO,
        description: str,
        exported_by: str,
        actor: str,
    ) -> Exhibit:
        """Keep an exhibit by hand. Raises `NotFound`, `LabelMissing`, `EvidenceEmpty`, `Overloaded`."""
        with self.store.reading() as shelves:
            incident = incident_of(shelves, incident_id)
        deposit = Deposit(
            incident_id=incident_id,
            name=name,
            media_type=media_type,
            label=label(incident.detected_at.date(), description, exported_by),
        )
        digest, size = self.locker.keep(content)
        with self.store.transaction() as shelves:
            return admitted(shelves, Stored(deposit, digest, size), actor, self.clock.now())

    def read(self, number: int, actor: str, reason: str = "") -> tuple[Exhibit, BinaryIO]:
        """Open an exhibit's bytes, verified against its digest; the read is recorded first.

        Raises `NotFound`; `ExhibitChanged` or `ExhibitGone` when the bytes are no longer what was kept.
        """
        now = self.clock.now()
        with self.store.reading() as shelves:
            exhibit = shelves.exhibits.get(number)
        if exhibit is None:
            raise no_exhibit(number)
        self._refuse_destroyed(exhibit)
        faults = verify_exhibits((exhibit,), self.locker.digest_of)
        with self.store.transaction() as shelves:
            if not faults:
                for act in (CustodyAct.VERIFIED, CustodyAct.READ):
                    event = custody_event(exhibit, act, actor=actor, at=now, reason=reason)
                    shelves.exhibits.add_custody(event)
            note(
                shelves,
                Happening.EXHIBIT_READ,
                at=now,
                actor=actor,
                subject=exhibit.short_name,
                facts={
                    "digest": exhibit.digest,
                    "reason": reason,
                    "fault": faults[0].sentence if faults else "",
                },
            )
        if faults:
            raise refusal_of(faults[0])
        return exhibit, self.locker.open(exhibit.digest)

    def verify(self, incident_id: UUID | None = None) -> tuple[int, tuple[ExhibitFault, ...]]:
        """Hash all exhibits anew, or those of one incident; return how many, and each that is not as kept."""
        with self.store.reading() as shelves:
            exhibits: Sequence[Exhibit] = (
                shelves.exhibits.all() if incident_id is None else shelves.exhibits.of_incident(incident_id)
            )
            destroyed = shelves.exhibits.custody((CustodyAct.DESTROYED,))
        return len(exhibits), verify_exhibits(exhibits, self.locker.digest_of, destroyed)

    def _refuse_destroyed(self, exhibit: Exhibit) -> None:
        with self.store.reading() as shelves:
            custody = shelves.exhibits.custody_of(exhibit.number)
        for event in custody:
            if event.act is CustodyAct.DESTROYED:
                raise NotFound(
                    f"{exhibit.short_name} was destroyed by {event.actor} on {event.at:%Y-%m-%d}.",
                    means=f"Only its label and digest are left. The reason: {event.reason}",
                    next_step="A bag that it was copied into before may still hold it.",
                )


def _collection(incident: Incident, run_at: datetime, slot: str = "") -> Job:
    """Return the collector's job; repeats within one slot of time share a key, so they are collected once."""
    return Job(
        kind=COLLECT,
        key=f"{COLLECT}:{ALERT_CONTEXT}:{incident.incident_id}:{slot}",
        run_at=run_at,
        args={"incident": str(incident.incident_id)},
    )


def no_exhibit(number: int) -> NotFound:
    """Return (not raise) what says that there is no such exhibit."""
    return NotFound(
        f"There is no exhibit EX-{number}.",
        means="Nothing was read.",
        next_step="Look at `tocsin evidence list` for the exhibits there are.",
    )
