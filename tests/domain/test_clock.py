from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.domain.clock import PushedClock, SystemClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_pushed_clock_stands_still_until_it_is_pushed_and_can_step_back() -> None:
    clock = PushedClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.push(timedelta(minutes=5)) == clock.now() == NOON + timedelta(minutes=5)
    assert clock.push(timedelta(hours=-1)) == NOON - timedelta(minutes=55)


def test_a_pushed_clock_tells_utc_whatever_zone_it_was_set_in() -> None:
    clock = PushedClock(NOON.astimezone(timezone(timedelta(hours=9))))
    assert (clock.now(), clock.now().tzinfo) == (NOON, UTC)


def test_a_time_without_a_zone_sets_no_clock() -> None:
    with pytest.raises(ValueError, match="aware"):
        PushedClock(datetime(2026, 3, 1, 12))  # noqa: DTZ001


def test_the_machines_clock_is_aware_and_runs() -> None:
    first = SystemClock().now()
    assert first.tzinfo is UTC
    assert SystemClock().now() >= first
