from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.domain import clock as room
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


class Machine:
    """A machine whose wall clock can be set; its uptime runs on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uptime, self.wall = timedelta(hours=1), NOON
        machine = self

        class Wall(datetime):
            @classmethod
            def now(cls, tz=None):
                return machine.wall

        monkeypatch.setattr(room, "datetime", Wall)
        monkeypatch.setattr(room, "_uptime", lambda: machine.uptime)

    def passes(self, by: timedelta, *, wall: timedelta | None = None) -> None:
        self.uptime += by
        self.wall += by if wall is None else wall


@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(hours=-2), timedelta(seconds=-1.1)])
def test_a_jump_of_the_wall_clock_is_not_believed_and_time_goes_on(monkeypatch, jump) -> None:
    machine = Machine(monkeypatch)
    clock = SystemClock()
    machine.passes(timedelta(seconds=10), wall=timedelta(seconds=10) + jump)
    assert clock.now() == NOON + timedelta(seconds=10)
    machine.passes(timedelta(minutes=5))
    assert clock.now() == NOON + timedelta(minutes=5, seconds=10)
    assert clock.jumped_by() == jump
    assert SystemClock().now() == machine.wall, "whoever starts anew believes it"


def test_a_wall_clock_that_was_set_back_again_is_followed_again(monkeypatch) -> None:
    machine = Machine(monkeypatch)
    clock = SystemClock()
    machine.passes(timedelta(seconds=10), wall=timedelta(hours=2))
    assert clock.jumped_by() > timedelta(hours=1)
    machine.passes(timedelta(seconds=10), wall=timedelta(seconds=20.5) - timedelta(hours=2))
    assert clock.now() == machine.wall
    assert clock.jumped_by() == timedelta()


def test_small_corrections_are_followed_however_many_they_are(monkeypatch) -> None:
    machine = Machine(monkeypatch)
    clock = SystemClock()
    for _ in range(50):
        machine.passes(timedelta(seconds=60), wall=timedelta(seconds=60.4))
        assert clock.now() == machine.wall
    assert clock.jumped_by() == timedelta()


def test_the_uptime_runs_with_and_without_a_clock_that_counts_sleep(monkeypatch) -> None:
    first = room._uptime()
    assert room._uptime() >= first > timedelta()
    monkeypatch.delattr(room.time, "CLOCK_BOOTTIME", raising=False)
    assert room._uptime() > timedelta()
