"""Proofs that exhibits and bags are in the log, as files that anybody can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from tocsin.audit.merkle import node_hash
from tocsin.audit.proof import format_proof
from tocsin.audit.tiles import inclusion_in_tiles
from tocsin.domain.entry import Leaf
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
    names = {each.entry_id: each.short_name for each in logged if each.entry_id}
    found = shelves.log.indexes_of(names)
    sealed = {index: names[entry_id] for entry_id, index in found.items() if index < checkpoint.size}
    if not sealed:
        return {}
    # All leaves are read for their hashes anyway, so that each entry is taken on the way.
    hashes: list[bytes] = []
    contents: dict[int, bytes] = {}
    for leaf in _leaves(shelves, checkpoint.size):
        hashes.append(leaf.leaf_hash)
        if leaf.index in sealed:
            contents[leaf.index] = leaf.content
    tree = Levels(hashes)
    files: dict[str, bytes] = {}
    for index, name in sealed.items():
        path = inclusion_in_tiles(index, checkpoint.size, tree.node_at)
        files[f"{folder}{name}.entry"] = contents[index]
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


def _leaves(shelves: Shelves, size: int) -> Iterator[Leaf]:
    for start in range(0, size, _LEAVES_AT_ONCE):
        yield from shelves.log.leaves(start, min(start + _LEAVES_AT_ONCE, size))
