"""The log cut into files that never change: hashes in tiles of 256, entries in bundles of 256.

Format: https://c2sp.org/tlog-tiles (v0.1.0). A tile's bytes follow from the entries alone, so that whoever
crashed while writing one writes the same again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.audit.leaf import MAX_LEAF_BYTES
from tocsin.audit.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    consistency_spans,
    inclusion_spans,
    node_hash,
    root_of,
)

WIDTH = 256
HEIGHT = 8
MAX_LEVEL = 63
ENTRIES = "entries"

_LENGTH_BYTES = 2
_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)

NodeAt = Callable[[int, int], bytes]
"""Return the hash over the 2^k entries from `2^k * n` on, for (k, n)."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One file: `level` 0 to 63, or None for an entry bundle; `width` 1 to 256, below 256 a partial one."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return the path below the log's prefix, for example `tile/0/x001/234`."""
        name = ENTRIES if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{name}/{_grouped(self.number)}{partial}"

    @property
    def start(self) -> int:
        """Return the number of its first hash (or entry) at its level."""
        return self.number * WIDTH

    @property
    def stop(self) -> int:
        """Return the number behind its last hash (or entry) at its level."""
        return self.start + self.width


def tile_of(path: str) -> Tile | None:
    """Return the tile of a path, None for every path that is not exactly one's."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = None if found["level"] == ENTRIES else int(found["level"])
    number = int(re.sub("[x/]", "", found["number"]))
    tile = Tile(level, number, int(found["width"] or WIDTH))
    is_one = (level is None or level <= MAX_LEVEL) and tile.width <= WIDTH and tile.path == path
    return tile if is_one else None


def tiles_between(old_size: int, size: int) -> Iterator[Tile]:
    """Yield what a log that grew from `old_size` to `size` must write, bundles first, then level by level.

    A partial tile that is unchanged is not among them.
    """
    yield from _tiles_at(None, old_size, size)
    level = 0
    while size >> HEIGHT * level:
        yield from _tiles_at(level, old_size >> HEIGHT * level, size >> HEIGHT * level)
        level += 1


def bundle_of(contents: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each entry behind its length in 2 bytes. Raises ValueError for one too long."""
    pieces = []
    for content in contents:
        if len(content) > MAX_LEAF_BYTES:
            raise ValueError(f"An entry of {len(content)} bytes has no place in a bundle.")
        pieces.append(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
    return b"".join(pieces)


def entries_of(bundle: bytes) -> tuple[bytes, ...]:
    """Return the entries of a bundle. Raises ValueError when it ends inside of one."""
    entries, at = [], 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES
        if at + length > len(bundle):
            raise ValueError("The bundle ends inside an entry.")
        entries.append(bundle[at : at + length])
        at += length
    return tuple(entries)


def hashes_of(tile: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a tile's bytes. Raises ValueError when they are no 1 to 256 whole hashes."""
    if not tile or len(tile) % HASH_BYTES or len(tile) > WIDTH * HASH_BYTES:
        raise ValueError(f"A tile cannot be {len(tile)} bytes long.")
    return tuple(tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES))


def node_in(hashes_at: Callable[[Tile], Sequence[bytes]]) -> NodeAt:
    """Return how to find any whole subtree's hash, given how to read the tile that it is in.

    The tile asked for may be wider on disk than its `width`: only the first `width` hashes are used.
    """

    def node_at(height: int, number: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        start = number << above
        tile, offset = divmod(start, WIDTH)
        width = 1 << above
        hashes = hashes_at(Tile(level, tile, offset + width))
        return root_of(hashes[offset : offset + width])

    return node_at


def root_at(size: int, node_at: NodeAt) -> bytes:
    """Return the root over the first `size` entries."""
    return span_root(0, size, node_at) if size else EMPTY_ROOT


def span_root(start: int, stop: int, node_at: NodeAt) -> bytes:
    """Return the root over the entries from `start` (a span of a path, or 0) to before `stop`."""
    nodes = []
    while start < stop:
        height = (stop - start).bit_length() - 1
        nodes.append(node_at(height, start >> height))
        start += 1 << height
    *rest, root = nodes
    for node in reversed(rest):
        root = node_hash(node, root)
    return root


def inclusion_in_tiles(index: int, size: int, node_at: NodeAt) -> tuple[bytes, ...]:
    """Return what `inclusion_path` does, in O(log size) reads. Raises ValueError as it does."""
    return tuple(span_root(start, stop, node_at) for start, stop in inclusion_spans(index, size))


def consistency_in_tiles(old_size: int, size: int, node_at: NodeAt) -> tuple[bytes, ...]:
    """Return what `consistency_path` does, in O(log size) reads. Raises ValueError as it does."""
    return tuple(span_root(start, stop, node_at) for start, stop in consistency_spans(old_size, size))


def _tiles_at(level: int | None, old_count: int, count: int) -> Iterator[Tile]:
    """Yield the tiles of one level that hold a hash from `old_count` to before `count`."""
    if old_count >= count:
        return
    for number in range(old_count // WIDTH, -(-count // WIDTH)):
        yield Tile(level, number, min(WIDTH, count - number * WIDTH))


def _grouped(number: int) -> str:
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))
