from __future__ import annotations

import threading

import pytest

from tocsin.app.bell import Bell
from tocsin.domain.errors import Overloaded
from tocsin.worker import loops as loops_module
from tocsin.worker.loops import Loop, Loops

SOON_S = 20.0


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch) -> None:
    monkeypatch.setattr(loops_module, "AFTER_A_FAULT_S", 0.0)


@pytest.mark.parametrize(
    "fault",
    [RuntimeError("a bug"), Overloaded("Full.", means="Nothing kept.", next_step="Free space.")],
)
def test_a_loop_that_met_a_fault_shouts_and_goes_on(fault, caplog) -> None:
    again = threading.Event()
    rounds: list[int] = []

    def round_() -> float:
        rounds.append(1)
        if len(rounds) == 1:
            raise fault
        again.set()
        return SOON_S

    loops = Loops([Loop("judging", round_)])
    loops.start()
    assert again.wait(SOON_S)
    assert loops.stop()
    assert "judging" in caplog.text
    assert str(fault) in caplog.text


def test_a_ring_ends_the_rest_at_once() -> None:
    bell, rounds, second = Bell(), [], threading.Event()

    def round_() -> float:
        rounds.append(1)
        if len(rounds) == 2:
            second.set()
        return 3600.0

    loops = Loops([Loop("jobs", round_, bell)])
    loops.start()
    while not rounds:
        pass
    bell.ring()
    assert second.wait(SOON_S)
    assert loops.stop()


def test_a_ring_during_a_round_is_not_lost() -> None:
    bell, rounds, second = Bell(), [], threading.Event()

    def round_() -> float:
        rounds.append(1)
        if len(rounds) == 1:
            bell.ring()
        else:
            second.set()
        return 3600.0

    loops = Loops([Loop("jobs", round_, bell)])
    loops.start()
    assert second.wait(SOON_S)
    assert loops.stop()


def test_stopping_waits_for_the_round_at_work_and_closes_in_the_same_thread() -> None:
    entered, may_end, closed = threading.Event(), threading.Event(), []
    left: list[str] = []

    def round_() -> float:
        entered.set()
        may_end.wait(SOON_S)
        return 0.0

    loop = Loop("jobs", round_, close=lambda: closed.append(threading.current_thread().name))
    loops = Loops([loop], leave_thread=lambda: left.append(threading.current_thread().name))
    loops.start()
    assert entered.wait(SOON_S)
    assert not loops.stop(at_most_s=0.01)
    may_end.set()
    assert loops.stop()
    assert (closed, left) == (["tocsin-jobs"], ["tocsin-jobs"])


def test_a_thread_is_left_properly_although_closing_failed(caplog) -> None:
    left: list[int] = []

    def broken() -> None:
        raise RuntimeError("no database")

    loops = Loops([Loop("jobs", lambda: 0.0, close=broken)], leave_thread=lambda: left.append(1))
    loops.start()
    assert loops.stop()
    assert left == [1]
    assert "no database" in caplog.text


def test_what_can_wait_begins_late_and_a_stop_does_not_wait_for_it() -> None:
    began = threading.Event()

    def urgent() -> float:
        began.set()
        return SOON_S

    housekeeping: list[int] = []

    def tidy() -> float:
        housekeeping.append(1)
        return SOON_S

    loops = Loops([Loop("lists", tidy, after_s=SOON_S), Loop("jobs", urgent)])
    loops.start()
    assert began.wait(SOON_S)
    assert loops.stop(at_most_s=SOON_S / 4)
    assert housekeeping == []


def test_what_began_late_goes_on_as_the_others_do() -> None:
    again = threading.Event()
    loops = Loops([Loop("lists", lambda: again.set() or SOON_S, after_s=0.01)])
    loops.start()
    assert again.wait(SOON_S)
    assert loops.stop()
