"""What is asked of all tables at once, on every store."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from nouns import INCIDENT, NOON, a_delivery, an_alert, an_entry, an_incident, later
from tocsin.domain.alert import AlertLine
from tocsin.domain.incident import Status
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import DeliveryState
from tocsin.domain.ports.oversight import Tops
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening


def _dead(key: str, at: float, **given):
    return a_delivery(key, state=DeliveryState.DEAD, finished_at=later(at), **given)


def _job(key: str, at: float, state: JobState = JobState.READY, kind: str = "deliver.slack") -> Job:
    return Job(kind=kind, key=key, run_at=later(at), state=state)


def test_dead_messages_and_other_dead_jobs_are_listed_once_newest_first(any_store):
    with any_store.transaction() as shelves:
        for delivery in (
            _dead("a", 10),
            _dead("b", 30, channel="smtp"),
            a_delivery("c"),
            _dead("d", 5, incident_id=UUID(int=9)),
        ):
            shelves.pages.add_delivery(delivery)
        for job in (
            _job("a", 40, JobState.DEAD),
            _job("e", 20, JobState.DEAD, "collect"),
            _job("f", 50),
            _job("g", 60, JobState.DEAD),
        ):
            shelves.jobs.put(job)
    with any_store.reading() as shelves:
        seen = shelves.oversight
        assert seen.dead() == ("g", "b", "e", "a", "d")
        assert (seen.dead(2), seen.dead(channel="slack"), seen.dead(channel="smtp")) == (
            ("g", "b"),
            ("g", "a", "d"),
            ("b",),
        )
        assert (seen.count_dead(), seen.count_dead("slack")) == (5, 3)
        assert [seen.died_since(later(at)) for at in (0, 5.5, 25, 61)] == [5, 4, 2, 0]
        assert seen.died_since(NOON, [UUID(int=9)]) == 4


def test_messages_to_an_address_are_found_the_latest_first(any_store):
    with any_store.transaction() as shelves:
        for key in ("a", "b", "c"):
            shelves.pages.add_delivery(a_delivery(key, channel="sms", address="+49"))
        shelves.pages.add_delivery(a_delivery("d", channel="voice", address="+49"))
    with any_store.reading() as shelves:
        assert shelves.oversight.sent_to("sms", "+49", 2) == ("c", "b")
        assert shelves.oversight.sent_to("sms", "+1") == ()


def test_jobs_that_are_late_are_counted_and_others_found_by_key(any_store):
    with any_store.transaction() as shelves:
        for job in (_job("a", 10), _job("b", 20), _job("c", 5, JobState.DONE), _job("d", 5, JobState.DEAD)):
            shelves.jobs.put(job)
    with any_store.reading() as shelves:
        assert [shelves.oversight.overdue(later(at)) for at in (10, 10.5, 30)] == [0, 1, 2]
        assert shelves.oversight.due(["a", "c", "d", "x"]) == {"a": later(10)}
        assert len(shelves.oversight.due([f"k{n}" for n in range(1200)] + ["b"])) == 1


def test_incidents_that_nobody_answered_are_found(any_store):
    with any_store.transaction() as shelves:
        shelves.incidents.add(an_incident(1, policy="night", severity=Severity.P1))
        shelves.incidents.add(an_incident(2, acknowledged_at=later(2), acknowledged_by="ben"))
        shelves.incidents.add(an_incident(3, status=Status.CLOSED))
        shelves.incidents.add(an_incident(4, drill=True))
    with any_store.reading() as shelves:
        first, last = shelves.oversight.unanswered()
        assert (first.short_name, first.policy, first.severity, first.drill) == (
            "INC-1",
            "night",
            Severity.P1,
            False,
        )
        assert (last.number, last.drill, last.opened_at) == (4, True, later(1))
        assert len(shelves.oversight.unanswered(limit=1)) == 1
        also = [an_incident(number).incident_id for number in (2, 3, 4)]
        assert [each.number for each in shelves.oversight.unanswered(also=also)] == [1, 2, 4]
        assert [each.number for each in shelves.oversight.opened(1, 3)] == [2, 3]
        assert shelves.oversight.tops() == Tops(alert=0, incident=4)


def test_what_happened_in_incidents_is_told_by_kind(any_store):
    with any_store.transaction() as shelves:
        for kind in (Happening.OPENED, Happening.PAGED, Happening.PAGED):
            shelves.timeline.add(an_entry(kind=kind))
        shelves.timeline.add(an_entry(incident_id=UUID(int=7)))
    with any_store.reading() as shelves:
        assert shelves.oversight.happened_in([INCIDENT, UUID(int=8)]) == {
            INCIDENT: frozenset({Happening.OPENED, Happening.PAGED})
        }


def test_an_alert_is_accounted_for_by_its_incident_or_by_a_line_of_its_story(any_store):
    with any_store.transaction() as shelves:
        stored = [shelves.alerts.add(replace(an_alert(), fingerprint=f"{n:016x}")) for n in range(5)]
        shelves.alerts.save(replace(stored[1], incident_id=INCIDENT))
        told = AlertLine(
            alert=stored[2].number, at=NOON, kind=Happening.ALERT_RECORDED, text="P4 calls nobody."
        )
        shelves.alerts.tell([told])
    first, top = stored[0].number, stored[4].number
    with any_store.reading() as shelves:
        assert shelves.oversight.unaccounted(0, top) == (first, stored[3].number, top)
        assert shelves.oversight.unaccounted(first, top - 1) == (stored[3].number,)
        assert shelves.oversight.unaccounted(0, top, limit=1) == (first,)
        assert shelves.oversight.tops().alert == top
