"""Hold an incident, then write down what happened: itself, its lines and log entries, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from tocsin.audit import leaf
from tocsin.domain.entry import Entry
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident, IncidentClock
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.incidents.changed import TOCSIN, Changed

CLOCK = "clock"


def held(shelves: Shelves, incident_id: UUID) -> Incident:
    """Return the incident as it stands now, and hold off others who would change it until we commit.

    Whoever decides about an incident holds it first; a decision about an older state would undo another's.
    Raises `NotFound`.
    """
    shelves.lock(_hold(str(incident_id)))
    incident = shelves.incidents.get(incident_id)
    if incident is None:
        raise NotFound(
            "There is no such incident.",
            means="Nothing was changed.",
            next_step="Look at `tocsin incident list` for the incidents there are.",
        )
    return incident


def hold_for(shelves: Shelves, job: Job) -> None:
    """Hold the incident that a job is about, before its row in the job table is touched."""
    shelves.lock(_hold(job.args["incident"]))


def record(
    shelves: Shelves, changed: Changed, facts: Mapping[str, str] | None = None, *, is_new: bool = False
) -> Incident:
    """Save the held incident, write its new lines to the timeline and the log, and watch its clocks.

    A decision without lines changed nothing, so nothing is written. A line about an incident that stays as it
    is needs no hold: see `tell`.
    """
    if changed.entries:
        keep = shelves.incidents.add if is_new else shelves.incidents.save
        keep(changed.incident)
        for entry in changed.entries:
            tell(shelves, changed.incident, entry, facts)
        for clock in changed.incident.clocks:
            if clock.is_running:
                shelves.jobs.put(_watch(changed.incident, clock))
    return changed.incident


def tell(
    shelves: Shelves, incident: Incident, entry: TimelineEntry, facts: Mapping[str, str] | None = None
) -> UUID:
    """Write one line to the incident's timeline and to the log; return the log entry's id."""
    shelves.timeline.add(entry)
    return note(
        shelves,
        entry.kind,
        at=entry.at,
        actor=entry.actor,
        subject=incident.short_name,
        facts={"text": entry.text, **(facts or {})},
    )


def note(
    shelves: Shelves,
    kind: Happening,
    *,
    at: datetime,
    actor: str = TOCSIN,
    subject: str = "",
    facts: Mapping[str, str] | None = None,
) -> UUID:
    """Write a log entry that belongs to no timeline, and return its id."""
    entry = Entry(entry_id=uuid4(), at=at, actor=actor, kind=kind, subject=subject, facts=facts or {})
    shelves.log.append(entry.entry_id, leaf.encode(entry))
    return entry.entry_id


def _hold(incident_id: str) -> str:
    return f"incident:{incident_id}"


def _watch(incident: Incident, clock: IncidentClock) -> Job:
    """Return the job that looks at the clock when it is due; the key names the clock, so it is put once."""
    due = clock.due_at.isoformat()
    return Job(
        kind=CLOCK,
        key=f"{CLOCK}:{incident.incident_id}:{clock.kind}:{due}",
        run_at=clock.due_at,
        args={"incident": str(incident.incident_id)},
    )
