"""Threads that append at the same time share one write, and each is told its own end or the fault."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tocsin.store.lake.joining import Joining


class Disk:
    """Writes into memory; the first write waits until it is let go."""

    def __init__(self) -> None:
        self.writes: list[Sequence[bytes]] = []
        self.began, self.go_on = threading.Event(), threading.Event()
        self.fault: Exception | None = None

    def write(self, lines: Sequence[bytes]) -> int:
        is_first = not self.began.is_set()
        self.began.set()
        if is_first:
            assert self.go_on.wait(20)
        if self.fault and not is_first:
            raise self.fault
        self.writes.append(lines)
        return sum(len(line) + 1 for each in self.writes for line in each)


def _while_one_is_written(disk: Disk, joining: Joining, others: Sequence[Sequence[bytes]]):
    """Append `first`, and the others while that is being written; return what came of all."""
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(joining.append, [b"first"])
        assert disk.began.wait(20)
        found = []
        for lines in others:
            found.append(pool.submit(joining.append, lines))
            while len(joining._waiting) < 1 + len(found):
                pass
        disk.go_on.set()
        return [each.exception(20) or each.result() for each in (first, *found)]


def test_who_comes_while_another_writes_is_written_together_and_told_his_own_end() -> None:
    disk = Disk()
    joining = Joining(disk.write)
    ends = _while_one_is_written(disk, joining, [[b"a"], [], [b"bc", b"d"]])
    assert disk.writes == [(b"first",), (b"a", b"bc", b"d")]
    assert ends == [6, 8, 8, 13]


def test_a_disk_that_refuses_refuses_everybody_who_was_written_together_and_nobody_else() -> None:
    disk = Disk()
    joining = Joining(disk.write)
    disk.fault = OSError(28, "no space left")
    ends = _while_one_is_written(disk, joining, [[b"a"], [b"b"]])
    assert ends == [6, disk.fault, disk.fault]
    disk.fault = None
    assert joining.append([b"again"]) == 12


def test_a_mistake_of_one_is_not_taken_for_the_others() -> None:
    disk = Disk()
    joining = Joining(disk.write)
    disk.go_on.set()
    joining.append([b"first"])
    disk.fault = RuntimeError("a mistake")
    with pytest.raises(RuntimeError):
        joining.append([b"lost"])
    disk.fault = None
    assert joining.append([b"kept"]) == 11
    assert disk.writes[1:] == [(b"kept",)]
