"""A log may only grow: what a new head must be before anybody signs it."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.audit.checkpoint import Head
from tocsin.audit.merkle import Frontier
from tocsin.domain.entry import Leaf
from tocsin.domain.errors import Explained

_NEXT_STEP = (
    "Do not repair the log: save the database as it is, run `tocsin audit verify`, and open an incident of "
    "type audit-integrity."
)


class LogShrank(Explained):
    """The log has fewer entries than its signer has already signed."""

    code = "log_shrank"

    def __init__(self, last: Head, asked_size: int) -> None:
        super().__init__(
            f"The log has {asked_size} entries, but {last.size} were signed before.",
            means=f"Entries from {asked_size} on were removed, or an old database was restored.",
            next_step=_NEXT_STEP,
        )


class LogForked(Explained):
    """The log's entries are not those that were signed before."""

    code = "log_forked"

    def __init__(self, last: Head) -> None:
        super().__init__(
            f"The first {last.size} entries of the log are not the ones that were signed before.",
            means="Signed entries were changed; a new signature would hide it.",
            next_step=_NEXT_STEP,
        )


class EntryForged(Explained):
    """An entry that awaits its signature was not written by Tocsin."""

    code = "entry_forged"

    def __init__(self, index: int) -> None:
        super().__init__(
            f"Entry {index} of the log was not written by Tocsin, or was changed before it was signed.",
            means="Somebody writes to the database directly. Nothing from this entry on is signed.",
            next_step=_NEXT_STEP,
        )
        self.index = index


class EntryMissing(Explained):
    """An entry is not in its place, although the log goes on behind it."""

    code = "entry_missing"

    def __init__(self, index: int) -> None:
        super().__init__(
            f"Entry {index} of the log is missing, or another stands in its place.",
            means="Somebody removed or renumbered entries. Nothing from this entry on is signed.",
            next_step=_NEXT_STEP,
        )
        self.index = index


def refuse_unless_grown(last: Head, asked: Head) -> None:
    """Decide by the heads alone whether a head may be signed.

    Raises `LogShrank` for a smaller size, `LogForked` for another root at the same size. That a longer log
    still begins with the signed entries takes its leaves: see `grown`.
    """
    if asked.size < last.size:
        raise LogShrank(last, asked.size)
    if asked.size == last.size and asked.root != last.root:
        raise LogForked(last)


def grown(frontier: Frontier, leaves: Iterable[Leaf], last: Head) -> Head:
    """Append the leaves to the frontier (changed in place) and return the head to be signed next.

    The frontier may be fresh, or kept from the time before; it may come from an untrusted place, because its
    root is compared when it passes the size of the last signed head. Raises `LogForked` when the root differs
    there, `LogShrank` when the leaves end before it, `EntryMissing` when a leaf does not follow the one
    before, ValueError when the frontier is past the last signed head already.
    """
    if frontier.size > last.size:
        raise ValueError(f"A frontier of size {frontier.size} cannot be compared with a head at {last.size}.")
    _refuse_other_root(frontier, last)
    for leaf in leaves:
        if leaf.index != frontier.size:
            raise EntryMissing(frontier.size)
        frontier.append(leaf.leaf_hash)
        _refuse_other_root(frontier, last)
    if frontier.size < last.size:
        raise LogShrank(last, frontier.size)
    return Head(last.origin, frontier.size, frontier.root())


def _refuse_other_root(frontier: Frontier, last: Head) -> None:
    if frontier.size == last.size and frontier.root() != last.root:
        raise LogForked(last)
