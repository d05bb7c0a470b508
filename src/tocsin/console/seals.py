"""Whether exhibits are sealed, told only where one look at the log proves it."""

from __future__ import annotations

from tocsin.domain.ports.shelves import Shelves


def everything_is_sealed(shelves: Shelves) -> bool:
    """Say whether each log entry of this snapshot, and so each exhibit in it, lies under a signed checkpoint.

    False means that some entry does not yet, not which one: an exhibit may be sealed all the same.
    """
    last = shelves.log.last_checkpoint()
    return last is not None and shelves.log.waiting() == 0 and shelves.log.size() <= last.size
