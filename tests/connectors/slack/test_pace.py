"""A burst of notices is spread over seconds, and every one has its turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.connectors.slack.pace import Pace
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

START = datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC)


def wait(pace: Pace, key: str, address: str = "C0") -> float:
    try:
        pace.wait_for_turn(address, key)
    except DeliveryFailed as failed:
        return failed.retry_after_s if failed.kind is FailureKind.RETRY_LATER and failed.retry_after_s else -1
    return 0.0


def test_a_burst_waits_one_second_more_each_and_each_keeps_its_turn() -> None:
    clock = PushedClock(START)
    pace = Pace(clock)
    assert [wait(pace, f"k{n}") for n in range(4)] == [0, 1, 2, 3]
    clock.push(timedelta(seconds=2))
    assert [wait(pace, f"k{n}") for n in (3, 1, 2)] == [1, 0, 0]
    assert wait(pace, "k9") == 2
    clock.push(timedelta(seconds=2))
    assert [wait(pace, key) for key in ("k3", "k9")] == [0, 0]


def test_channels_do_not_wait_for_each_other() -> None:
    pace = Pace(PushedClock(START))
    assert [wait(pace, "a", "C1"), wait(pace, "b", "C2")] == [0, 0]


def test_what_never_came_again_is_forgotten() -> None:
    clock = PushedClock(START)
    pace = Pace(clock)
    assert [wait(pace, key) for key in ("a", "b")] == [0, 1]
    clock.push(timedelta(hours=1))
    assert wait(pace, "c") == 0
    assert wait(pace, "b") == 1
    assert len(pace._turns) == 1


@pytest.mark.parametrize(("back", "waited"), [(timedelta(minutes=1), 61.0), (timedelta(hours=2), 0.0)])
def test_a_clock_that_steps_back_does_not_hold_a_message_for_long(back: timedelta, waited: float) -> None:
    clock = PushedClock(START)
    pace = Pace(clock)
    assert [wait(pace, "a"), wait(pace, "held")] == [0, 1]
    clock.push(-back)
    assert wait(pace, "b") == pytest.approx(waited, abs=1)
    assert wait(pace, "held") == pytest.approx(waited, abs=1)
