"""Proves what is kept: the whole log against its signed heads, every exhibit against its digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.audit.export import export_lines
from tocsin.audit.note import parse_vkey
from tocsin.audit.verify import Verdict, unless_forged, verify
from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.store.signer import FileSigner

LEAVES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Proving:
    """Reads only; nothing here can change the log."""

    store: Store
    signer: FileSigner

    def verify(self) -> Verdict:
        """Verify the whole log as one consistent state, also against what the signer remembers."""
        # Remembered before the look: whatever was signed by then is in the state that is read.
        kept = self.signer.last_signed
        with self.store.reading() as shelves:
            checkpoints = shelves.log.checkpoints()
            verdict = verify(
                leaves_of(shelves),
                checkpoints,
                parse_vkey(self.signer.verifier_key),
                kept=kept,
                unsequenced=shelves.log.waiting(),
            )
            return unless_forged(verdict, shelves.log.first_forged(verdict.sealed_size))

    def export(self) -> Iterator[bytes]:
        """Yield the lines of a file that verifies elsewhere, without our database."""
        with self.store.reading() as shelves:
            checkpoints: Iterable[Checkpoint] = shelves.log.checkpoints()
            yield from export_lines(leaves_of(shelves), checkpoints, parse_vkey(self.signer.verifier_key))


def leaves_of(shelves: Shelves) -> Iterator[Leaf]:
    """Yield every leaf by index, also those that stand behind a gap."""
    stop = max(shelves.log.size(), 0)
    for start in range(0, stop, LEAVES_AT_ONCE):
        yield from shelves.log.leaves(start, start + LEAVES_AT_ONCE)
