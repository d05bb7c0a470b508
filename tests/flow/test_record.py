from __future__ import annotations

from uuid import UUID

import pytest

from nouns import NOON, a_clock, an_entry, an_incident, later
from tocsin.audit.leaf import decode
from tocsin.domain.errors import NotFound
from tocsin.domain.job import JobState
from tocsin.domain.timeline import Happening
from tocsin.flow.record import CLOCK, held, note, record, tell
from tocsin.incidents.changed import Changed


def test_a_change_is_an_incident_a_line_and_a_log_entry_together(memory_store) -> None:
    incident = an_incident()
    entry = an_entry(incident_id=incident.incident_id, kind=Happening.NOTE, text="Looking")
    with memory_store.transaction() as shelves:
        shelves.incidents.add(incident)
        record(shelves, Changed(incident=incident, entries=(entry,)), {"why": "a test"})
        shelves.log.sequence()
        (line,) = shelves.timeline.of_incident(incident.incident_id)
        (leaf,) = shelves.log.leaves(0, 1)
    written = decode(leaf.content)
    assert (line.text, written.kind, written.subject, written.actor) == (
        "Looking",
        "incident.note",
        "INC-1",
        "ada",
    )
    assert written.facts == {"text": "Looking", "why": "a test"}


def test_a_decision_without_lines_writes_nothing(memory_store) -> None:
    with memory_store.transaction() as shelves:
        record(shelves, Changed(incident=an_incident(clocks=(a_clock(),))))
        assert shelves.log.waiting() == 0
        assert shelves.jobs.count(JobState.READY) == 0


def test_each_running_clock_is_watched_once(memory_store) -> None:
    incident = an_incident(clocks=(a_clock(), a_clock(due_at=later(900), met_at=NOON)))
    change = Changed(incident=incident, entries=(an_entry(incident_id=incident.incident_id),))
    with memory_store.transaction() as shelves:
        shelves.incidents.add(incident)
        record(shelves, change)
        record(shelves, change)
        (job,) = shelves.jobs.listed(JobState.READY)
    assert (job.kind, job.run_at) == (CLOCK, later(300))


def test_a_line_alone_leaves_the_incident_as_it_is(memory_store) -> None:
    incident = an_incident(title="as it was")
    with memory_store.transaction() as shelves:
        shelves.incidents.add(incident)
        tell(shelves, an_incident(title="an older look"), an_entry(incident_id=incident.incident_id))
        assert shelves.incidents.by_number(1) == incident
        assert len(shelves.timeline.of_incident(incident.incident_id)) == 1


def test_a_log_entry_without_a_timeline_line(memory_store) -> None:
    with memory_store.transaction() as shelves:
        note(shelves, Happening.HEARTBEAT, at=NOON)
        shelves.log.sequence()
        (leaf,) = shelves.log.leaves(0, 1)
        assert shelves.timeline.last_number() == 0
    assert (decode(leaf.content).kind, decode(leaf.content).actor) == ("log.heartbeat", "tocsin")


def test_an_unknown_incident_cannot_be_held(memory_store) -> None:
    with memory_store.transaction() as shelves, pytest.raises(NotFound):
        held(shelves, UUID(int=7))
