"""Threads take turns in the order they asked."""

from __future__ import annotations

import threading

from tocsin.store.turns import Turns


def queued(turns: Turns, count: int) -> None:
    """Wait until that many threads wait for their turn."""
    while len(turns._waiting) < count:
        threading.Event().wait(0.001)


def test_the_turn_goes_to_whoever_waited_longest():
    turns = Turns()
    assert turns.take(1)
    order: list[int] = []

    def work(number: int) -> None:
        assert turns.take(10)
        order.append(number)
        turns.give()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=work, args=(number,))
        thread.start()
        threads.append(thread)
        queued(turns, number + 1)
    turns.give()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert turns.take(0)


def test_who_waits_too_long_leaves_the_queue():
    turns = Turns()
    assert turns.take(0)
    assert turns.take(0.01) is False
    turns.give()
    assert turns.take(0)


def test_a_turn_handed_over_at_the_last_moment_is_not_lost(monkeypatch):
    turns = Turns()
    turns.take(0)

    real_lock = threading.Lock

    class Late:
        """A ticket whose wait has just ended when it is released."""

        def __init__(self):
            self.lock = real_lock()

        def acquire(self, timeout=None):
            if timeout is not None:
                turns.give()
                return False
            return self.lock.acquire()

        def release(self):
            self.lock.release()

    monkeypatch.setattr(threading, "Lock", Late)
    assert turns.take(0.01) is True
    monkeypatch.undo()
    turns.give()
    assert turns.take(0)
