"""Asks the log's heads whether an entry is sealed: signed, and seen by the witnesses of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.audit.attendance import Attendance, attendance_of
from tocsin.audit.policy import Policy
from tocsin.audit.sealing import Seal, seal_state
from tocsin.domain.ports.shelves import Shelves

QUORUM = "quorum"
"""The kind of mark that says which head of each log a quorum saw last."""
LOOKED_AT = 8
"""A head is stored again for each witness that comes late, so that the first few tell."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Reads only. `policy` names the keys of our own logs."""

    policy: Policy

    def state(self, shelves: Shelves, entry_id: UUID, now: datetime) -> Seal:
        """Say how an entry is sealed; one that waits for its index is not."""
        found = shelves.log.whereabouts(entry_id)
        if found is None:
            return Seal.NONE
        number, index = found
        log = shelves.log.of(number)
        heads = list(log.checkpoints_over(index, LOOKED_AT))
        seen = attendance_in(shelves, number)
        if seen.size > index:
            heads += log.checkpoints_over(seen.size - 1, LOOKED_AT)
        return seal_state(index, heads, self.policy, now)


def attendance_in(shelves: Shelves, number: int) -> Attendance:
    """Return what is remembered of the witnesses of one log, by its number."""
    return attendance_of(shelves.marks.of(QUORUM, [str(number)]).get(str(number)))
