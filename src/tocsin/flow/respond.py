"""Evidence first: collectors keep what is known as soon as an incident opens; people add to it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from tocsin.domain.alert import Alert
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct, Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.evidence.custody import ExhibitFault, custody_event, verify_exhibits
from tocsin.evidence.exhibits import Deposit, admit, label
from tocsin.flow.record import note, tell
from tocsin.incidents.changed import TOCSIN, line

COLLECT = "collect"
ALERT_CONTEXT = "alert.context"
# Later alerts of the same incident are collected together, at most once in this time.
COLLECT_AGAIN_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collector gathered: the deposit, and the bytes to be kept."""

    deposit: Deposit
    content: bytes


@dataclass(frozen=True, slots=True)
class Respond:
    """The chapter of evidence. Bytes go to the locker first, then one transaction makes them an exhibit."""

    store: Store
    clock: Clock
    locker: EvidenceLocker

    def begin(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An incident opened: its collectors start, before anybody can act on it."""
        shelves.jobs.reschedule(_collection(incident, now))

    def joined(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An alert joined: what is known now is collected again, a little later and once for many."""
        shelves.jobs.put(_collection(incident, now + COLLECT_AGAIN_AFTER, f"{now:%Y%m%d%H%M}"))

    def grew(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An alert of the incident goes on: its growth is collected, at most six times an hour."""
        slot = f"{now:%Y%m%d%H}{now.minute // 10}x"
        shelves.jobs.put(_collection(incident, now + COLLECT_AGAIN_AFTER, slot))

    def collect(self, shelves: Shelves, job: Job) -> Collected | None:
        """Gather the incident's alerts with labels and raw records; None when there is no incident."""
        incident = shelves.incidents.get(UUID(job.args["incident"]))
        if incident is None:
            return None
        alerts = shelves.alerts.of_incident(incident.incident_id)
        deposit = Deposit(
            incident_id=incident.incident_id,
            name=f"{incident.short_name}-alert-context.ndjson",
            media_type="application/x-ndjson",
            label=label(
                incident.detected_at.date(),
                f"Alerts of {incident.short_name} as received, with their raw records",
                f"{TOCSIN}, collector {ALERT_CONTEXT}",
            ),
            collector=ALERT_CONTEXT,
            covers=ALERT_CONTEXT,
        )
        return Collected(deposit, _context(alerts))

    def settle(self, shelves: Shelves, collected: Collected, digest: str, size: int) -> Exhibit | None:
        """Make collected bytes an exhibit; the same bytes of the same incident are kept once."""
        known = shelves.exhibits.of_incident(collected.deposit.incident_id)
        if any(exhibit.digest == digest for exhibit in known):
            return None
        return self._admit(shelves, collected.deposit, digest, size, TOCSIN)

    def collection_failed(self, shelves: Shelves, job: Job, reason: str) -> None:
        """Write down that a collector was given up, so that nobody believes its evidence is there."""
        incident = _incident(shelves, UUID(job.args["incident"]))
        text = f"The collector {ALERT_CONTEXT} was given up after {job.attempts} tries: {reason}"
        entry = line(incident, Happening.COLLECTION_FAILED, text, by=TOCSIN, now=self.clock.now())
        tell(shelves, incident, entry)

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
            incident = _incident(shelves, incident_id)
        deposit = Deposit(
            incident_id=incident_id,
            name=name,
            media_type=media_type,
            label=label(incident.detected_at.date(), description, exported_by),
        )
        digest, size = self.locker.keep(content)
        with self.store.transaction() as shelves:
            return self._admit(shelves, deposit, digest, size, actor)

    def read(self, number: int, actor: str, reason: str = "") -> tuple[Exhibit, BinaryIO]:
        """Open an exhibit's bytes, verified against its digest; the read is recorded first.

        Raises `NotFound`; also when the bytes on disk are no longer what was kept.
        """
        now = self.clock.now()
        with self.store.reading() as shelves:
            exhibit = shelves.exhibits.get(number)
        if exhibit is None:
            raise _no_exhibit(number)
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
            raise NotFound(
                faults[0].sentence,
                means="The bytes are not handed out, because they prove nothing any more.",
                next_step="Treat this as tampering: tell the security lead; the log's entry has the digest.",
            )
        return exhibit, self.locker.open(exhibit.digest)

    def verify(self, incident_id: UUID | None = None) -> tuple[int, tuple[ExhibitFault, ...]]:
        """Hash all exhibits anew, or those of one incident; return how many, and each that is not as kept."""
        with self.store.reading() as shelves:
            exhibits: Sequence[Exhibit] = (
                shelves.exhibits.all() if incident_id is None else shelves.exhibits.of_incident(incident_id)
            )
        return len(exhibits), verify_exhibits(exhibits, self.locker.digest_of)

    def _admit(self, shelves: Shelves, deposit: Deposit, digest: str, size: int, actor: str) -> Exhibit:
        now = self.clock.now()
        incident = _incident(shelves, deposit.incident_id)
        exhibit = admit(deposit, number=shelves.exhibits.next_number(), digest=digest, size=size, now=now)
        shelves.exhibits.add(exhibit)
        shelves.exhibits.add_custody(custody_event(exhibit, CustodyAct.COLLECTED, actor=actor, at=now))
        text = f"{exhibit.short_name} kept: {exhibit.label.description} ({exhibit.name}, {size} bytes)"
        entry = line(incident, Happening.EXHIBIT_KEPT, text, by=actor, now=now, exhibit=exhibit.number)
        facts = {
            "exhibit": exhibit.short_name,
            "digest": digest,
            "size": str(size),
            "incident_date": exhibit.label.incident_date.isoformat(),
            "description": exhibit.label.description,
            "exported_by": exhibit.label.exported_by,
            "name": exhibit.name,
            "media_type": exhibit.media_type,
            "collector": exhibit.collector or "",
            "covers": exhibit.covers,
        }
        tell(shelves, incident, entry, facts)
        return exhibit


def _collection(incident: Incident, run_at: datetime, slot: str = "") -> Job:
    """Return the collector's job; repeats within one slot of time share a key, so they are collected once."""
    return Job(
        kind=COLLECT,
        key=f"{COLLECT}:{ALERT_CONTEXT}:{incident.incident_id}:{slot}",
        run_at=run_at,
        args={"incident": str(incident.incident_id)},
    )


def _context(alerts: Sequence[Alert]) -> bytes:
    """Return one JSON line an alert; `records` are the raw records exactly as received."""
    out = io.BytesIO()
    for alert in alerts:
        out.write(
            json.dumps(
                {
                    "alert": alert.short_name,
                    "fingerprint": alert.fingerprint,
                    "source": alert.source,
                    "labels": dict(alert.labels),
                    "annotations": dict(alert.annotations),
                    "starts_at": alert.starts_at.isoformat(),
                    "count": alert.count,
                    "generator_url": alert.generator_url,
                    "records": alert.evidence,
                },
                sort_keys=True,
            ).encode()
        )
        out.write(b"\n")
    return out.getvalue()


def _incident(shelves: Shelves, incident_id: UUID) -> Incident:
    incident = shelves.incidents.get(incident_id)
    if incident is None:
        raise NotFound(
            "There is no such incident.",
            means="No evidence was kept.",
            next_step="Look at `tocsin incident list` for the incidents there are.",
        )
    return incident


def _no_exhibit(number: int) -> NotFound:
    return NotFound(
        f"There is no exhibit EX-{number}.",
        means="Nothing was read.",
        next_step="Look at `tocsin evidence list` for the exhibits there are.",
    )
