from __future__ import annotations

import threading

import pytest

from tocsin.domain.fence import HoldLost, check_hold, fenced


def test_who_is_not_fenced_may_always_send() -> None:
    check_hold()


def test_what_is_no_longer_held_may_not_leave() -> None:
    held = [True]
    with fenced(lambda: held[0]):
        check_hold()
        held[0] = False
        with pytest.raises(HoldLost):
            check_hold()
    check_hold()


def test_the_fence_of_one_thread_holds_back_no_other() -> None:
    passed: list[bool] = []

    def look() -> None:
        check_hold()
        passed.append(True)

    with fenced(lambda: False):
        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert passed == [True]
