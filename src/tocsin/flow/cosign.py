"""Keeps what witnesses say of the log's head: cosignatures beside it, contradictions as evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from io import BytesIO

from tocsin.audit.attendance import Attendance, attended, written
from tocsin.audit.checkpoint import CheckpointRefused
from tocsin.audit.cosignature import with_cosignatures
from tocsin.audit.note import NoteRefused, NoteSignature
from tocsin.audit.policy import Policy, cosigned
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Checkpoint
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.sealing import QUORUM, attendance_in
from tocsin.flow.take import Take

CONTRADICTION = "log-contradiction"
"""The kind of mark that says which witness answered that our log is not the one it saw before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A witness's answer that speaks against our log, with the request that it answered."""

    witness: str
    status: int
    answer: bytes
    request: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Cosign:
    """The chapter of the witnesses; safe beside other processes that ask them too."""

    store: Store
    clock: Clock
    take: Take
    locker: EvidenceLocker
    policy: Policy

    def last(self) -> tuple[int, Checkpoint | None]:
        """Return the number of the present log and its last checkpoint."""
        with self.store.reading() as shelves:
            return shelves.log.latest(), shelves.log.last_checkpoint()

    def missing(self, checkpoint: Checkpoint) -> frozenset[str]:
        """Return the witnesses (the policy's names) that have not cosigned this checkpoint.

        Raises `NoteRefused` and `CheckpointRefused` when it is not our log's.
        """
        seen = cosigned(checkpoint.note, self.policy).times_s
        return frozenset(each.name for each in self.policy.witnesses) - seen.keys()

    def is_quorate(self, checkpoint: Checkpoint) -> bool:
        """Say whether the policy's quorum has cosigned this checkpoint. Raises as `missing` does."""
        return cosigned(checkpoint.note, self.policy).is_quorate

    def keep(self, checkpoint: Checkpoint, lines: Sequence[NoteSignature]) -> tuple[str, ...]:
        """Store the checkpoint with cosignatures; return which witnesses of the policy are new on it.

        A line that is not its witness's is left out. The checkpoint is stored anew at the same size and time.
        """
        with self.store.transaction() as shelves:
            shelves.lock("log")
            last = shelves.log.last_checkpoint()
            if last is not None and (last.size, last.root) == (checkpoint.size, checkpoint.root):
                checkpoint = last
            note, new = self._with(checkpoint.note, lines)
            if new:
                shelves.log.add_checkpoint(replace(checkpoint, note=note))
        return new

    def look(self) -> Attendance:
        """Look at the last head once; raise, renew or end the alarm that its quorum is late."""
        now = self.clock.now()
        with self.store.reading() as shelves:
            # Most looks find nothing new, and should hold nobody off.
            known, attendance, _ = self._looked(shelves, now)
        if attendance == known:
            return known
        with self.store.transaction() as shelves:
            shelves.lock(QUORUM)
            known, attendance, report = self._looked(shelves, now)
            if attendance != known:
                number = str(shelves.log.latest())
                shelves.marks.keep(QUORUM, {number: written(attendance)}, now)
            if report is not None:
                self.take.own(shelves, [report])
        return attendance

    def _looked(self, shelves: Shelves, now: datetime) -> tuple[Attendance, Attendance, AlertReport | None]:
        """Return what was remembered, what is to be, and what is to be reported."""
        known = attendance_in(shelves, shelves.log.latest())
        last = shelves.log.last_checkpoint()
        if last is None:
            return known, known, None
        return known, *attended(known, cosigned(last.note, self.policy), last.signed_at, now)

    def contradicted(self, found: Contradiction) -> str:
        """Keep answer and request in the locker, and a mark that names them; return the digest.

        The mark is JSON: witness, status, size, and the digests of `answer` and `request`.
        """
        now = self.clock.now()
        request, _ = self.locker.keep(BytesIO(found.request))
        answer, _ = self.locker.keep(BytesIO(found.answer))
        told = {
            "witness": found.witness,
            "status": found.status,
            "size": found.size,
            "request": request,
            "answer": answer,
            "at": now.isoformat(),
        }
        name = sha256(f"{found.witness}\n{found.status}\n{request}".encode()).hexdigest()[:32]
        with self.store.transaction() as shelves:
            if not shelves.marks.of(CONTRADICTION, [name]):
                shelves.marks.keep(CONTRADICTION, {name: json.dumps(told).encode()}, now)
        return request

    def _with(self, note: str, lines: Sequence[NoteSignature]) -> tuple[str, tuple[str, ...]]:
        """Return the note with those lines that are true and new, and whose they are."""
        added: list[str] = []
        for line in lines:
            before = cosigned(note, self.policy).times_s.keys()
            try:
                more = with_cosignatures(note, [line])
                after = cosigned(more, self.policy).times_s.keys()
            except (NoteRefused, CheckpointRefused):
                continue
            if after - before:
                added += sorted(after - before)
                note = more
        return note, tuple(added)
