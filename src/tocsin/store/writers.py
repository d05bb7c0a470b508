"""Counts the log lines of each connection without a gap, so that a line that was taken away is missed."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from django.db import connections

from tocsin.store.leaf import Stamp


@dataclass(slots=True)
class _Writer:
    """One connection: how many of its lines are committed, and how many the open transaction has besides."""

    raw: object
    number: int
    committed: int = 0
    taken: int = 0


# A connection belongs to one thread, and has one transaction at a time.
_OURS = threading.local()


def begin(alias: str) -> None:
    """A transaction begins; what an earlier one took and did not commit is free again."""
    writer = _known().get(alias)
    if writer is not None:
        writer.taken = 0


def next_stamp(alias: str) -> Stamp:
    """Return the stamp of the next line of this thread's connection."""
    raw = connections[alias].connection
    writer = _known().get(alias)
    # Whether the last commit of a connection that was cut got through is unknown, so another writer begins.
    if writer is None or writer.raw is not raw:
        writer = _known()[alias] = _Writer(raw, secrets.randbits(63))
    writer.taken += 1
    return Stamp(writer.number, writer.committed + writer.taken)


def committed(alias: str) -> None:
    """The transaction is committed; its counters are used."""
    writer = _known().get(alias)
    if writer is not None:
        writer.committed += writer.taken
        writer.taken = 0


def _known() -> dict[str, _Writer]:
    if not hasattr(_OURS, "writers"):
        _OURS.writers = {}
    known: dict[str, _Writer] = _OURS.writers
    return known
