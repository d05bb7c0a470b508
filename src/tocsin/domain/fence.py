"""Lets what is about to leave this machine ask, at the last moment, whether it may still leave.

A worker that was stopped for a while may no longer hold what it works on: another has taken it over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class HoldLost(Exception):
    """The job is held no longer; nothing was sent."""


def _always() -> bool:
    return True


_may_leave: ContextVar[Callable[[], bool]] = ContextVar("may_leave", default=_always)


@contextmanager
def fenced(may_leave: Callable[[], bool]) -> Iterator[None]:
    """Let `check_hold` ask `may_leave` for the length of a block, in this thread."""
    before = _may_leave.set(may_leave)
    try:
        yield
    finally:
        _may_leave.reset(before)


def check_hold() -> None:
    """Call it just before a request is written to its socket. Raises `HoldLost`."""
    if not _may_leave.get()():
        raise HoldLost
