from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.audit.monitoring import (
    LATCHED,
    LEASE,
    SKEW,
    STALE,
    STUCK,
    Concern,
    Sight,
    Watch,
    gaps,
    looked,
    must_verify,
    report,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SIGHT = Sight(now=NOW, log=1, size=9, waiting=0, signed_at=NOW, tables={"store_leaf": "1"})
WATCH = Watch(since=NOW - timedelta(hours=1), log=1, size=9, tables={"store_leaf": "1"})


def test_a_log_in_order_is_of_no_concern() -> None:
    kept, found = looked(WATCH, SIGHT)
    assert (kept, found) == (WATCH, {})


@pytest.mark.parametrize(
    ("sight", "concern", "words"),
    [
        pytest.param({"missing_guards": ("leaf_never_changes",)}, Concern.UNGUARDED, "leaf_never_changes"),
        pytest.param({"tables": {"store_leaf": "2"}}, Concern.REBUILT, "store_leaf"),
        pytest.param({"tables": {"store_checkpoint": "1"}}, Concern.REBUILT, "store_leaf"),
        pytest.param({"traces": ("eve: DROP TRIGGER",)}, Concern.CHANGED, "eve: DROP TRIGGER"),
        pytest.param({"unseen": "It does not tell."}, Concern.UNSEEN, "does not tell"),
        pytest.param({"is_forged": True}, Concern.FORGED, "did not write"),
        pytest.param({"gaps": ("Line 3 vanished.",)}, Concern.MISSING, "Line 3"),
        pytest.param({"strays": 2}, Concern.STRAY, "2 lines"),
        pytest.param({"unvouched": "A checkpoint is gone."}, Concern.UNVOUCHED, "checkpoint"),
        pytest.param({"strange_guards": ("trigger zz on store_incident",)}, Concern.FOREIGN, "trigger zz"),
        pytest.param({"gone_tables": ("store_sourcemark",)}, Concern.REBUILT, "store_sourcemark"),
        pytest.param({"poisoned": ("It was not written by Tocsin.",)}, Concern.POISONED, "not written"),
        pytest.param({"signed_at": NOW - STALE - SECOND}, Concern.STALE, "2026-03-01 11:49"),
        pytest.param({"signed_at": None}, Concern.STALE, "2026-03-01 11:00"),
        pytest.param({"database_now": NOW + SKEW + SECOND}, Concern.SKEWED, "31 s"),
        pytest.param({"signed_at": NOW + SKEW + SECOND}, Concern.SKEWED, "yet to come"),
    ],
)
def test_each_concern_is_told_in_its_words(sight: Any, concern: Concern, words: str) -> None:
    _, found = looked(WATCH, replace(SIGHT, **sight))
    assert set(found) == {concern}
    assert words in found[concern]


@pytest.mark.parametrize(
    "sight", [{"signed_at": NOW - STALE}, {"database_now": NOW - SKEW}, {"signed_at": NOW + SKEW}]
)
def test_what_is_within_its_bounds_is_of_no_concern(sight: Any) -> None:
    assert looked(WATCH, replace(SIGHT, **sight))[1] == {}


def test_a_successor_that_has_just_begun_is_not_stale() -> None:
    begun = replace(SIGHT, signed_at=None, begun_at=NOW - STALE)
    assert looked(WATCH, begun)[1] == {}
    assert Concern.STALE in looked(WATCH, replace(begun, begun_at=NOW - STALE - SECOND))[1]


def test_what_was_done_to_the_tables_is_told_once() -> None:
    changed = replace(SIGHT, tables={"store_leaf": "2"}, traces=("eve: ALTER TABLE",), rewritten=3)
    kept, found = looked(WATCH, changed)
    assert set(found) == {Concern.REBUILT, Concern.CHANGED}
    assert (kept.traces, kept.rewritten) == (1, 3)
    assert looked(kept, changed)[1] == {}
    assert looked(kept, replace(SIGHT, tables={}, traces=()))[0] == kept


def test_an_inbox_that_does_not_drain_is_told_after_a_minute() -> None:
    waits = replace(SIGHT, waiting=2)
    kept, found = looked(WATCH, waits)
    assert found == {}
    later = replace(waits, now=NOW + STUCK, signed_at=NOW)
    again, found = looked(kept, later)
    assert "60 s" in found[Concern.STUCK]
    for moved in (replace(later, size=10), replace(later, waiting=0), replace(later, log=2)):
        assert Concern.STUCK not in looked(again, moved)[1]


@pytest.mark.parametrize(
    ("watch", "sight", "expected"),
    [
        pytest.param({}, {}, False, id="nothing happened"),
        pytest.param({}, {"size": 8}, True, id="it shrank"),
        pytest.param({"log": 1}, {"log": 2, "size": 1}, False, id="a successor is short"),
        pytest.param({"rewritten": 0}, {"rewritten": 0}, False, id="no row was changed"),
        pytest.param({"rewritten": 0}, {"rewritten": 1}, True, id="a row was changed"),
        pytest.param({"rewritten": 5}, {"rewritten": 0}, True, id="the count was set back"),
        pytest.param({"rewritten": 5}, {}, False, id="the database does not count"),
        pytest.param({}, {"rewritten": 5}, False, id="the first count"),
    ],
)
def test_the_whole_log_is_read_when_something_speaks_for_it(watch: Any, sight: Any, expected: bool) -> None:
    assert must_verify(replace(WATCH, **watch), replace(SIGHT, **sight)) is expected


def test_lines_of_each_writer_have_no_gap() -> None:
    known: dict[int, int] = {}
    assert gaps(known, [(7, 1), (8, 1), (7, 2), (7, 3)], is_whole=True) == ()
    assert known == {7: 3, 8: 1}
    assert gaps(known, [(7, 5)], is_whole=True) == (
        "Writer 0000000000000007: line 4 vanished before it got a place in the log.",
    )
    assert "lines 2 to 4 vanished" in gaps(known, [(8, 5)], is_whole=True)[0]
    assert "line 2 stands behind line 5" in gaps(known, [(7, 2)], is_whole=True)[0]
    assert known == {7: 5, 8: 5}


def test_a_writer_first_seen_in_a_successor_may_have_written_before() -> None:
    assert gaps({}, [(7, 4), (7, 5)], is_whole=False) == ()
    assert "lines 1 to 3" in gaps({}, [(7, 4)], is_whole=True)[0]


def test_what_somebody_did_is_p1_and_stays_and_a_mishap_passes() -> None:
    done, mishap = report(Concern.FORGED, "Said.", NOW), report(Concern.STALE, "Said.", NOW)
    assert (done.labels["incident_type"], done.ends_at) == ("audit-integrity", NOW + LATCHED)
    assert (mishap.labels["incident_type"], mishap.ends_at) == ("service-degradation", NOW + LEASE)
    assert report(Concern.STALE, "Over.", NOW, is_over=True).ends_at == NOW
    assert Concern.STALE.passes
    assert not Concern.FORGED.passes
