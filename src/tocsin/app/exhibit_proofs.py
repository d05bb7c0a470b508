"""Proofs that exhibits and bags are in the log, as files that anybody can check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from tocsin.audit.merkle import node_hash
from tocsin.audit.proof import format_proof
from tocsin.audit.tiles import inclusion_in_tiles
from tocsin.domain.ports.shelves import Shelves
from tocsin.evidence.bags import PROOFS

LONGEST_LOG = 1_000_000
"""Entries; of a longer log proofs are taken one by one, with `tocsin audit proof`."""
_LEAVES_AT_ONCE = 5000


class Logged(Protocol):
    """What has a log entry."""

    @property
    def short_name(self) -> str: ...
    @property
    def entry_id(self) -> UUID | None: ...


def proofs_of(shelves: Shelves, logged: Iterable[Logged], folder: str = f"{PROOFS}/") -> Mapping[str, bytes]:
    """Return, for each whose entry is under the last checkpoint, the entry's bytes and its `.tlog-proof`."""
    checkpoint = shelves.log.last_checkpoint()
    if checkpoint is None or checkpoint.size > LONGEST_LOG:
        return {}
    found = [(each.short_name, shelves.log.index_of(each.entry_id)) for each in logged if each.entry_id]
    sealed = [(name, index) for name, index in found if index is not None and index < checkpoint.size]
    if not sealed:
        return {}
    tree = Levels(_leaf_hashes(shelves, checkpoint.size))
    files: dict[str, bytes] = {}
    for name, index in sealed:
        path = inclusion_in_tiles(index, checkpoint.size, tree.node_at)
        (leaf,) = shelves.log.leaves(index, index + 1)
        files[f"{folder}{name}.entry"] = leaf.content
        files[f"{folder}{name}.tlog-proof"] = format_proof(index, path, checkpoint).encode()
    return files


class Levels:
    """The hashes of whole subtrees, each level made from the one below when it is first asked for."""

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        self._levels = [list(leaf_hashes)]

    def node_at(self, height: int, number: int) -> bytes:
        """Return the hash over the 2^height entries from `2^height * number` on."""
        while len(self._levels) <= height:
            below = self._levels[-1]
            pairs = range(0, len(below) - 1, 2)
            self._levels.append([node_hash(below[at], below[at + 1]) for at in pairs])
        return self._levels[height][number]


def _leaf_hashes(shelves: Shelves, size: int) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, size, _LEAVES_AT_ONCE):
        leaves = shelves.log.leaves(start, min(start + _LEAVES_AT_ONCE, size))
        found += [leaf.leaf_hash for leaf in leaves]
    return found
