"""Requests share a call when they come together, and answer for themselves when it fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tocsin.app.together import MOST_TOGETHER, Together
from tocsin.domain.errors import Overloaded

PATIENCE_S = 10


class Clerk:
    """Doubles numbers, refuses 13, and can be held up so that others gather in line."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.is_at_work = threading.Event()

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        self.is_at_work.set()
        assert self.may_go_on.wait(PATIENCE_S)
        if 13 in numbers:
            raise ValueError("thirteen cannot be doubled")
        if 99 in numbers:
            raise Overloaded("Full.", means="Nothing was kept.", next_step="Come again.")
        return [2 * number for number in numbers]


def gathered(clerk: Clerk, together: Together[int, int], numbers: Sequence[int]) -> list[object]:
    """Return what each request got when all of them came while the clerk was held up by another one."""
    clerk.may_go_on.clear()
    with ThreadPoolExecutor(len(numbers) + 1) as people:
        first = people.submit(together.ask, 0)
        assert clerk.is_at_work.wait(PATIENCE_S)
        others = []
        for number in numbers:
            others.append(people.submit(together.ask, number))
            while len(together._line) < len(others):
                pass
        clerk.may_go_on.set()
        assert first.result(PATIENCE_S) == 0
        return [other.exception(PATIENCE_S) or other.result() for other in others]


def test_a_request_alone_is_done_at_once() -> None:
    clerk = Clerk()
    assert Together(clerk.double).ask(21) == 42
    assert clerk.calls == [[21]]


def test_those_who_came_meanwhile_share_one_call_in_the_order_they_came() -> None:
    clerk = Clerk()
    assert gathered(clerk, Together(clerk.double), [1, 2, 3]) == [2, 4, 6]
    assert clerk.calls == [[0], [1, 2, 3]]


def test_one_that_cannot_be_done_spoils_no_other() -> None:
    clerk = Clerk()
    one, two, three = gathered(clerk, Together(clerk.double), [1, 13, 3])
    assert (one, three) == (2, 6)
    assert isinstance(two, ValueError)


def test_an_overload_is_everybodys_and_is_not_tried_again() -> None:
    clerk = Clerk()
    found = gathered(clerk, Together(clerk.double), [1, 99, 3])
    assert all(isinstance(each, Overloaded) for each in found)
    assert clerk.calls == [[0], [1, 99, 3]]


def test_nobody_waits_for_a_second_overload() -> None:
    clerk = Clerk()
    together = Together(clerk.double)
    clerk.may_go_on.clear()
    with ThreadPoolExecutor(2) as people:
        first = people.submit(together.ask, 99)
        assert clerk.is_at_work.wait(PATIENCE_S)
        second = people.submit(together.ask, 1)
        while not together._line:
            pass
        clerk.may_go_on.set()
        assert isinstance(first.exception(PATIENCE_S), Overloaded)
        assert isinstance(second.exception(PATIENCE_S), Overloaded)
    assert clerk.calls == [[99]]


def test_a_call_is_bounded_and_nobody_is_left_in_line() -> None:
    clerk = Clerk()
    numbers = list(range(101, 101 + MOST_TOGETHER + 5))
    assert gathered(clerk, Together(clerk.double), numbers) == [2 * number for number in numbers]
    assert [len(call) for call in clerk.calls] == [1, MOST_TOGETHER, 5]


def test_a_fault_is_raised_to_the_one_who_asked() -> None:
    with pytest.raises(ValueError, match="thirteen"):
        Together(Clerk().double).ask(13)


def test_whoever_waits_takes_the_turn_of_one_who_was_answered() -> None:
    together = Together(lambda numbers: [2 * number for number in numbers])
    with ThreadPoolExecutor(8) as people:
        found = [people.submit(together.ask, number) for number in range(2000)]
        assert [each.result(PATIENCE_S) for each in found] == [2 * number for number in range(2000)]


def test_nobody_waits_for_ever_once_the_process_ends() -> None:
    together = Together(Clerk().double)
    together._working.shutdown()
    with pytest.raises(RuntimeError):
        together.ask(1)
    with pytest.raises(RuntimeError):
        together.ask(2)
