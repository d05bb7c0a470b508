from __future__ import annotations

import logging
from datetime import timedelta

from tocsin.domain.clock import SystemClock
from tocsin.worker.timekeeping import REST_S, Timekeeping


class Jumped(SystemClock):
    """A clock that says by how much the wall was set."""

    by = timedelta()

    def jumped_by(self) -> timedelta:
        return self.by


def test_a_jump_is_told_once_and_its_end_too(caplog) -> None:
    caplog.set_level(logging.WARNING)
    clock = Jumped()
    keeping = Timekeeping(clock)
    assert keeping.round() == REST_S
    for clock.by in (timedelta(hours=2), timedelta(hours=2, seconds=0.4), timedelta()):
        keeping.round()
        keeping.round()
    first, second = (record.getMessage() for record in caplog.records)
    assert "was set by +7200 s" in first
    assert "our time again" in second


def test_a_jump_after_a_jump_is_told_anew(caplog) -> None:
    clock = Jumped()
    keeping = Timekeeping(clock)
    for clock.by in (timedelta(hours=-2), timedelta(hours=1)):
        keeping.round()
    assert ["-7200 s" in caplog.messages[0], "+3600 s" in caplog.messages[1]] == [True, True]
