from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from uuid import UUID

from nouns import NOON, an_alert

HOUR = timedelta(hours=1)


def test_every_field_comes_back_as_a_look_up_of_one_alert_reads_it(any_store) -> None:
    full = replace(
        an_alert(),
        fingerprint="00000000000000aa",
        labels={"alertname": "A", "odd": "nul \x00 and half of a pair \ud800", "z": "1", "a": "2"},
        annotations={"summary": "größer"},
        starts_at=NOON - timedelta(microseconds=1),
        ends_at=NOON + HOUR,
        ends_by_timeout=True,
        updated_at=NOON.replace(microsecond=0),
        generator_url="https://prometheus.example/graph",
        incident_id=UUID(int=7),
        count=3,
        evidence=("line one", "line two"),
        muted_by="a silence",
        inhibits=True,
        over=True,
    )
    bare = replace(an_alert(), fingerprint="00000000000000bb", ends_at=NOON + HOUR)
    with any_store.transaction() as shelves:
        kept = shelves.alerts.add_all([full, bare])
    with any_store.reading() as shelves:
        found = shelves.alerts.unresolved(NOON)
        assert found == kept == tuple(shelves.alerts.get(each.number) for each in kept)
    assert list(found[0].labels) == list(full.labels)
    assert {each.tzinfo for each in (found[0].starts_at, found[1].ends_at, found[0].updated_at)} == {UTC}


def test_alerts_whose_lease_has_run_out_are_left_out_and_the_bound_holds(any_store) -> None:
    alerts = [
        replace(an_alert(), fingerprint=f"{number:016x}", ends_at=NOON + HOUR * number) for number in range(4)
    ]
    with any_store.transaction() as shelves:
        shelves.alerts.add_all(alerts)
    with any_store.reading() as shelves:
        found = shelves.alerts.unresolved(NOON + HOUR, limit=1)
    assert [each.fingerprint for each in found] == [f"{2:016x}"]
