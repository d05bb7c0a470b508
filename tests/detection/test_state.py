"""Window state survives a restart byte by byte, and says so when it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from tocsin.detection.problems import WindowStateUnreadable
from tocsin.detection.state import (
    KEPT_RECORDS,
    SHARDS,
    Announced,
    Burst,
    GroupState,
    Held,
    Ref,
    RuleState,
    Shard,
    WindowState,
    held,
    instant,
    micros,
    shard_of,
)

REF = Ref("idp", 7, 1_000_000, b'{"a":1}')
BURST = Burst(("Ada",), 1, 2, 1, 2, 3, 3.0, [REF], [])
HIT = Held(5, "idp", 7, 1, "x", ("Ada",), b"raw")
GROUP = GroupState(
    held=[HIT], bursts=[BURST], pending=[HIT], announced=[Announced("k", 1, (3, 1, 2, -1, ""))]
)
FULL = WindowState(
    {
        0: Shard(
            heard=5, newest=7, rules={"rule": RuleState(groups={'["ada"]': GROUP}, counters={"late": 2})}
        ),
        9: Shard(heard=4, newest=9, rules={"rule": RuleState(counters={"late": 1, "forgotten": 4})}),
    }
)


@pytest.mark.parametrize("state", [WindowState(), FULL])
def test_a_state_comes_back_as_it_was_stored(state: WindowState) -> None:
    assert WindowState.load(state.dump()) == state
    assert WindowState.load(state.dump()).dump() == state.dump()


def test_states_differ_when_they_remember_different_things() -> None:
    assert WindowState() != FULL
    assert WindowState() != "state"


def test_only_the_shards_that_are_asked_for_are_written_and_replaced() -> None:
    assert list(FULL.dump([9])) == [9]
    replaced = WindowState({0: FULL.shards[0]}).with_shards(FULL.dump([9]))
    assert replaced == FULL
    assert replaced.shards[0] is FULL.shards[0]


def test_a_state_knows_up_to_when_it_was_judged_and_what_could_not_be_used() -> None:
    assert (FULL.heard, FULL.newest) == (5, 9)
    assert FULL.counted("rule") == {"late": 3, "forgotten": 4}
    assert FULL.counted("other") == {}
    assert WindowState().heard < -(10**17)
    assert WindowState().observed > 10**17


@pytest.mark.parametrize("stored", [b"x", b"", FULL.dump()[0][:-3], msgspec.msgpack.encode({"format": 99})])
def test_a_damaged_or_foreign_state_is_refused_with_an_explanation(stored: bytes) -> None:
    with pytest.raises(WindowStateUnreadable, match="shard 3") as caught:
        WindowState.load({3: stored})
    assert "empty state" in caught.value.explain()


def test_a_group_lies_in_the_same_shard_on_every_machine() -> None:
    assert [shard_of("rule", group) for group in ('["ada"]', '["ben"]', "\ud800")] == [7, 15, 27]
    assert {shard_of("rule", str(number)) for number in range(2_000)} == set(range(SHARDS))


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=9))),
    ],
)
def test_times_are_exact_to_the_microsecond(time: datetime) -> None:
    assert instant(micros(time)) == time


def test_evidence_points_at_its_signal(make_signal: Any) -> None:
    signal = make_signal({"a": 1}, at=3, position=9)
    evidence = held(signal, 1).evidence().as_evidence()
    assert (evidence.source, evidence.position, evidence.time, evidence.raw) == (
        "idp",
        9,
        signal.time,
        signal.raw,
    )


def test_a_firing_shows_the_signal_that_it_stands_for() -> None:
    assert Held(9, "", 0, 1, shown=REF).evidence() is REF
    assert Held(9, "s", 1, 1).evidence() == Ref("s", 1, 9, b"")


def test_hits_are_ordered_by_time_and_then_by_their_source() -> None:
    hits = [Held(2, "a", 1, 1), Held(1, "b", 1, 1), Held(1, "a", 9, 1), Held(1, "a", 2, 1)]
    assert [hit.place()[:3] for hit in sorted(hits, key=Held.place)] == [
        (1, "a", 2),
        (1, "a", 9),
        (1, "b", 1),
        (2, "a", 1),
    ]
    assert GROUP.size() == 2


def _hits(count: int) -> list[Held]:
    return [Held(number, "s", number, 1, raw=b"record") for number in range(count)]


def test_long_windows_keep_the_records_at_both_ends_only() -> None:
    group = GroupState(held=_hits(3), pending=_hits(2 * KEPT_RECORDS + 4))
    state = WindowState({3: Shard(rules={"rule": RuleState(groups={"g": group})})})
    state.lighten([3])
    assert all(hit.raw for hit in group.held)
    kept = [hit.position for hit in group.pending if hit.raw]
    middle = range(KEPT_RECORDS, KEPT_RECORDS + 4)
    assert kept == [number for number in range(len(group.pending)) if number not in middle]
    group.pending.extend(_hits(1))
    state.lighten([3])
    assert sum(hit.raw is None for hit in group.pending) == 5
