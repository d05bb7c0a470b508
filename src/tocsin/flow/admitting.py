"""Makes bytes that lie in the locker an exhibit: its row, its first line of custody, timeline and log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct, Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence.custody import custody_event
from tocsin.evidence.exhibits import Deposit, admit
from tocsin.evidence.gaps import same_evidence
from tocsin.flow.record import tell
from tocsin.incidents.changed import line


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that lie in the locker, and what they are: `digest` in hex, `size` in bytes."""

    deposit: Deposit
    digest: str
    size: int


def admitted(shelves: Shelves, stored: Stored, actor: str, now: datetime) -> Exhibit:
    """Keep the exhibit and write down that it was kept. Raises `LabelMissing`, `EvidenceEmpty`, `NotFound`.

    Its `entry_id` is the log entry that holds its digest.
    """
    incident = incident_of(shelves, stored.deposit.incident_id)
    number = shelves.exhibits.next_number()
    exhibit = admit(stored.deposit, number=number, digest=stored.digest, size=stored.size, now=now)
    text = f"{exhibit.short_name} kept: {exhibit.label.description} ({exhibit.name}, {exhibit.size} bytes)"
    entry = line(incident, Happening.EXHIBIT_KEPT, text, by=actor, now=now, exhibit=exhibit.number)
    entry_id = tell(shelves, incident, entry, _facts(exhibit))
    exhibit = replace(exhibit, entry_id=entry_id)
    shelves.exhibits.add(exhibit)
    shelves.exhibits.add_custody(custody_event(exhibit, CustodyAct.COLLECTED, actor=actor, at=now))
    return exhibit


def admitted_once(shelves: Shelves, stored: Stored, actor: str, now: datetime) -> Exhibit | None:
    """Do the same unless the same bytes are an exhibit of the incident, the collector and the object."""
    for known in shelves.exhibits.of_incident(stored.deposit.incident_id):
        same = same_evidence(stored.deposit, known.collector, known.of, known.gap)
        if same and known.digest == stored.digest:
            return None
    return admitted(shelves, stored, actor, now)


def incident_of(shelves: Shelves, incident_id: UUID) -> Incident:
    """Return the incident. Raises `NotFound`."""
    incident = shelves.incidents.get(incident_id)
    if incident is None:
        raise NotFound(
            "There is no such incident.",
            means="No evidence was kept.",
            next_step="Look at `tocsin incident list` for the incidents there are.",
        )
    return incident


def _facts(exhibit: Exhibit) -> dict[str, str]:
    return {
        "exhibit": exhibit.short_name,
        "digest": exhibit.digest,
        "size": str(exhibit.size),
        "incident_date": exhibit.label.incident_date.isoformat(),
        "description": exhibit.label.description,
        "exported_by": exhibit.label.exported_by,
        "name": exhibit.name,
        "media_type": exhibit.media_type,
        "collector": exhibit.collector or "",
        "covers": exhibit.covers,
        "of": exhibit.of,
        "gap": exhibit.gap,
        "encrypted": "yes" if exhibit.encrypted else "no",
    }
