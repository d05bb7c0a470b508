"""Window state survives a restart byte by byte, and says so when it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from tocsin.detection.problems import WindowStateUnreadable
from tocsin.detection.state import Burst, Held, Ref, RuleState, Window, WindowState, instant, micros, ref_of

REF = Ref("idp", 7, 1_000_000, b'{"a":1}')
BURST = Burst("key", (("user", "Ada"),), 1, 2, 2, 1, [REF], [])
FULL = WindowState(
    {
        "rule": RuleState(groups={}, burst=BURST, held=0, counters={}),
        "count": RuleState(
            groups={'["ada"]': Window((("user", "Ada"),), [Held(1, "x", REF)], 0, {"x": 1}, 1, None)},
            burst=None,
            held=1,
            counters={"late": 2},
        ),
    },
    newest=5,
)


@pytest.mark.parametrize("state", [WindowState(), FULL])
def test_a_state_comes_back_as_it_was_stored(state: WindowState) -> None:
    assert WindowState.load(state.dump()) == state
    assert WindowState.load(state.dump()).dump() == state.dump()


def test_states_differ_when_they_remember_different_things() -> None:
    assert WindowState() != FULL
    assert WindowState() != "state"


def test_no_bytes_are_an_empty_state() -> None:
    assert WindowState.load(b"") == WindowState()


@pytest.mark.parametrize(
    "stored", [b"x", FULL.dump()[:-3], msgspec.msgpack.encode({"format": 99, "newest": 0, "rules": {}})]
)
def test_a_damaged_or_foreign_state_is_refused_with_an_explanation(stored: bytes) -> None:
    with pytest.raises(WindowStateUnreadable, match="cannot be read") as caught:
        WindowState.load(stored)
    assert "empty state" in caught.value.explain()


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
    evidence = ref_of(signal).as_evidence()
    assert (evidence.source, evidence.position, evidence.time, evidence.raw) == (
        "idp",
        9,
        signal.time,
        signal.raw,
    )


def test_a_window_counts_what_has_not_slid_out() -> None:
    assert Window((), [Held(1, "", REF)] * 5, 2, {}, 0, None).size() == 3
