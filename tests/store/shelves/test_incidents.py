"""Incidents on every store."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from nouns import NOON, a_clock, an_incident, later
from tocsin.domain.incident import ClockKind, Status
from tocsin.domain.severity import Severity


def keep(store, *incidents):
    with store.transaction() as shelves:
        for incident in incidents:
            shelves.incidents.add(incident)


def test_an_incident_comes_back_as_it_was(any_store):
    full = an_incident(
        7,
        description="All of it",
        services=("db", "api"),
        commander="ada",
        acknowledged_at=later(2),
        acknowledged_by="ben",
        resolved_at=later(3),
        closed_at=later(4),
        root_cause="A log that nobody rotated",
        clocks=(a_clock(met_at=later(2.5)), a_clock(kind=ClockKind.REVIEW, missed_at=later(9))),
        drill=True,
    )
    keep(any_store, full, an_incident(8))
    with any_store.reading() as shelves:
        assert shelves.incidents.get(full.incident_id) == full
        assert shelves.incidents.by_number(7) == full
        assert shelves.incidents.by_number(8) == an_incident(8)
        assert shelves.incidents.get(UUID(int=99)) is None
        assert shelves.incidents.by_number(99) is None


def test_times_keep_their_microseconds_and_stay_aware(any_store):
    keep(any_store, an_incident(opened_at=NOON.replace(microsecond=123456)))
    with any_store.reading() as shelves:
        opened_at = shelves.incidents.by_number(1).opened_at
    assert opened_at == NOON.replace(microsecond=123456)
    assert opened_at.utcoffset().total_seconds() == 0


def test_saving_changes_the_incident_and_only_it(any_store):
    keep(any_store, an_incident(1), an_incident(2))
    changed = replace(an_incident(1), status=Status.MITIGATED, clocks=(a_clock(),), title="Under control")
    with any_store.transaction() as shelves:
        shelves.incidents.save(changed)
    with any_store.reading() as shelves:
        assert shelves.incidents.by_number(1) == changed
        assert shelves.incidents.by_number(2) == an_incident(2)


def test_saving_an_incident_that_was_never_added_is_a_mistake(any_store):
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.incidents.save(an_incident())


def test_numbers_grow_and_are_never_given_twice(any_store):
    with any_store.transaction() as shelves:
        first, second = shelves.incidents.next_number(), shelves.incidents.next_number()
    with any_store.transaction() as shelves:
        third = shelves.incidents.next_number()
    assert (first, second, third) == (1, 2, 3)


def test_the_newest_active_incident_of_the_group_is_joined(any_store):
    long_key = "service=" + "".join(str(number * 7919) for number in range(10_000))
    keep(
        any_store,
        an_incident(1, status=Status.MITIGATED),
        an_incident(2, status=Status.INVESTIGATING),
        an_incident(3, status=Status.RESOLVED),
        an_incident(4, group_key=long_key),
        an_incident(5, group_key="closed", status=Status.CLOSED),
    )
    with any_store.reading() as shelves:
        assert shelves.incidents.active_in_group("service=db").number == 2
        assert shelves.incidents.active_in_group(long_key).number == 4
        assert shelves.incidents.active_in_group("closed") is None
        assert shelves.incidents.active_in_group("unknown") is None


def test_incidents_are_listed_newest_first_through_filters_and_pages(any_store):
    keep(
        any_store,
        an_incident(1, severity=Severity.P1),
        an_incident(2, status=Status.CLOSED),
        an_incident(3, severity=Severity.P1, status=Status.CLOSED),
        an_incident(4),
    )

    def numbers(**asked):
        with any_store.reading() as shelves:
            return [incident.number for incident in shelves.incidents.listed(**asked)]

    assert numbers() == [4, 3, 2, 1]
    assert numbers(limit=2, offset=1) == [3, 2]
    assert numbers(statuses=[Status.CLOSED]) == [3, 2]
    assert numbers(severities=[Severity.P1], statuses=[Status.OPEN, Status.CLOSED]) == [3, 1]
    with any_store.reading() as shelves:
        assert shelves.incidents.count() == 4
        assert shelves.incidents.count(statuses=[Status.CLOSED], severities=[Severity.P1]) == 1


def test_what_no_database_can_hold_does_not_make_an_incident_unstorable(database_store):
    keep(database_store, an_incident(title="a\0b\ud800c", group_key="g\0"))
    with database_store.reading() as shelves:
        assert shelves.incidents.by_number(1).title == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
        assert shelves.incidents.active_in_group("g\0").number == 1
