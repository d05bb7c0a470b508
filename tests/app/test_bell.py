from __future__ import annotations

import threading

from tocsin.app.bell import Bell

SOON_S = 20.0


def test_a_ring_wakes_who_rests() -> None:
    bell, woken = Bell(), threading.Event()
    heard = bell.rings

    def rest() -> None:
        bell.rest(heard, SOON_S)
        woken.set()

    thread = threading.Thread(target=rest)
    thread.start()
    bell.ring()
    assert woken.wait(SOON_S)
    thread.join()


def test_a_ring_before_the_rest_is_not_lost() -> None:
    bell = Bell()
    heard = bell.rings
    bell.ring()
    bell.rest(heard, 3600.0)
    assert bell.rings == heard + 1


def test_a_rest_ends_by_itself() -> None:
    bell = Bell()
    bell.rest(bell.rings, 0.001)
    assert bell.rings == 0
