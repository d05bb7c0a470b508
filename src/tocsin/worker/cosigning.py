"""Asks the witnesses to cosign each new head, and keeps what they answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.audit.note import NoteSignature
from tocsin.audit.witnessing import (
    AnswerUnreadable,
    Submission,
    Verdict,
    cosignatures_in,
    format_submission,
    size_in,
)
from tocsin.connectors.witness.client import Answered
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Checkpoint
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.flow.cosign import Contradiction, Cosign
from tocsin.store.tiles import TileFolder

log = logging.getLogger("tocsin.worker")

REST_S = 1.0
ASK_AGAIN_AFTER = timedelta(seconds=5)
"""How long a witness that gave no cosignature is left alone."""

Witnessed = tuple[NoteSignature, ...]


class Asked(Protocol):
    """Who can be asked to cosign."""

    def submit(self, content: bytes) -> Answered: ...


@dataclass(slots=True)
class Cosigning:
    """One round asks every witness that has not cosigned the last head, all at the same time.

    `grown` returns the tiles of a log by its number, complete for a checkpoint.
    """

    chapter: Cosign
    clock: Clock
    witnesses: Mapping[str, Asked]
    grown: Callable[[int, Checkpoint], TileFolder]
    _pool: ThreadPoolExecutor = field(init=False)
    _sizes: dict[tuple[int, str], int] = field(default_factory=dict)
    _silent_until: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(max(1, len(self.witnesses)), thread_name_prefix="tocsin-witness")

    def round(self) -> float:
        """Ask once; return how long to rest."""
        number, checkpoint = self.chapter.last()
        if checkpoint is not None:
            asked = self._to_be_asked(checkpoint)
            if asked:
                tiles = self.grown(number, checkpoint)
                answers = self._pool.map(lambda name: self._ask(name, number, checkpoint, tiles), asked)
                lines = [line for witnessed in answers for line in witnessed]
                if lines:
                    self.chapter.keep(checkpoint, lines)
            self.chapter.look()
        return REST_S

    def close(self) -> None:
        """End the threads; requests in hand end by their own limit."""
        self._pool.shutdown()

    def _to_be_asked(self, checkpoint: Checkpoint) -> Sequence[str]:
        now = self.clock.now()
        missing = self.chapter.missing(checkpoint)
        return [
            name for name in self.witnesses if name in missing and not now < self._silent_until.get(name, now)
        ]

    def _ask(self, name: str, number: int, checkpoint: Checkpoint, tiles: TileFolder) -> Witnessed:
        """Return a witness's lines, none when it gave none; then it is left alone for a while."""
        try:
            lines = self._lines(name, number, checkpoint, tiles)
        except (DeliveryFailed, AnswerUnreadable) as failed:
            log.warning("witness %s has not cosigned size %d: %s", name, checkpoint.size, failed)
            lines = ()
        if not lines:
            self._silent_until[name] = self.clock.now() + ASK_AGAIN_AFTER
        return lines

    def _lines(self, name: str, number: int, checkpoint: Checkpoint, tiles: TileFolder) -> Witnessed:
        """Ask from the size that the witness is thought to have; it says if it is at another one."""
        answered, request = self._submitted(name, number, checkpoint, tiles)
        if answered.status == Verdict.OTHER_SIZE:
            size = size_in(answered.body)
            if size > checkpoint.size:
                self._compare(name, answered, request, size)
                return ()
            self._sizes[number, name] = size
            answered, request = self._submitted(name, number, checkpoint, tiles)
        if answered.status == Verdict.COSIGNED:
            self._sizes[number, name] = checkpoint.size
            return cosignatures_in(answered.body)
        if answered.status == Verdict.CONTRADICTION:
            self._contradicted(name, answered, request, checkpoint.size)
        else:
            log.warning("witness %s answered %d at size %d", name, answered.status, checkpoint.size)
        return ()

    def _submitted(
        self, name: str, number: int, checkpoint: Checkpoint, tiles: TileFolder
    ) -> tuple[Answered, bytes]:
        old = min(self._sizes.get((number, name), 0), checkpoint.size)
        proof = tiles.consistency(old, checkpoint.size)
        request = format_submission(Submission(old, proof, checkpoint.note))
        return self.witnesses[name].submit(request), request

    def _compare(self, name: str, answered: Answered, request: bytes, size: int) -> None:
        """A witness that is ahead of all that is stored saw entries that were taken away since."""
        _, last = self.chapter.last()
        if last is None or size > last.size:
            self._contradicted(name, answered, request, size)

    def _contradicted(self, name: str, answered: Answered, request: bytes, size: int) -> None:
        log.error("witness %s contradicts the log at size %d", name, size)
        found = Contradiction(
            witness=name, status=answered.status, answer=answered.body, request=request, size=size
        )
        self.chapter.contradicted(found)
