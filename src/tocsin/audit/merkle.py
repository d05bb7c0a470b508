"""The RFC 6962 Merkle tree: one hash that commits to every leaf, and short proofs against it.

Formulas: RFC 6962 section 2.1 (hashes, paths) and RFC 9162 section 2.1.3 and 2.1.4 (the iterative checks).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

_SIZE_BYTES = 8


def leaf_hash(content: bytes) -> bytes:
    """Return `SHA-256(0x00 || content)`."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return `SHA-256(0x01 || left || right)`."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: all that is needed to go on, in at most 64 hashes.

    It holds one hash for each 1 bit of the size, the largest full subtree first. It is changed in place,
    since a log of ten million entries is read through one of them.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self._size = 0

    @property
    def size(self) -> int:
        """Return how many leaves were appended."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash (not the leaf's content) at the end."""
        peaks = self._peaks
        carry = self._size
        while carry & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            carry >>= 1
        peaks.append(leaf)
        self._size += 1

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes at the end, level by level: the same as one after the other, in half the time."""
        peaks, carry, level = self._peaks, self._size, list(leaves)
        risen: list[bytes] = []
        while level:
            if carry & 1:
                level.insert(0, peaks.pop())
            if len(level) & 1:
                risen.append(level.pop())
            level = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(level[::2], level[1::2], strict=True)
            ]
            carry >>= 1
        peaks += reversed(risen)
        self._size += len(leaves)

    def root(self) -> bytes:
        """Return the root over all leaves so far; `SHA-256("")` when there are none."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, root = self._peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the size as 8 bytes, big-endian, then the hashes, the largest subtree first."""
        return self._size.to_bytes(_SIZE_BYTES, "big") + b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Frontier:
        """Read what `to_bytes` wrote. Raises ValueError when the length does not fit the size.

        A stored frontier is not trusted by itself: compare its root with a signed one before going on.
        """
        size = int.from_bytes(stored[:_SIZE_BYTES], "big")
        if len(stored) != _SIZE_BYTES + HASH_BYTES * size.bit_count():
            raise ValueError(f"A frontier of size {size} cannot be {len(stored)} bytes long.")
        frontier = cls()
        frontier._size = size
        frontier._peaks = [stored[at : at + HASH_BYTES] for at in range(_SIZE_BYTES, len(stored), HASH_BYTES)]
        return frontier


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes, in one pass."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def inclusion_spans(index: int, size: int) -> tuple[tuple[int, int], ...]:
    """Return the ranges of leaves whose roots lead from leaf `index` to the root, the sibling's first.

    Raises ValueError when `index` is not below `size`.
    """
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} in a tree of size {size}.")
    spans: list[tuple[int, int]] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _left_width(stop - start)
        if index < middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start = middle
    return tuple(spans[::-1])


def consistency_spans(old_size: int, size: int) -> tuple[tuple[int, int], ...]:
    """Return the ranges of leaves whose roots show the tree at `old_size` to be a prefix of that at `size`.

    Raises ValueError when `old_size` is greater than `size`.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"A tree of size {old_size} is no prefix of a tree of size {size}.")
    if old_size in (0, size):
        return ()
    spans: list[tuple[int, int]] = []
    start, stop = 0, size
    while stop != old_size:
        middle = start + _left_width(stop - start)
        if old_size <= middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start = middle
    if start > 0:
        spans.append((start, stop))
    return tuple(spans[::-1])


def inclusion_path(index: int, size: int, leaf_hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf `index` to the root at `size`, the leaf's sibling first.

    Reads the first `size` leaf hashes once and holds O(log size) of them. Raises ValueError when `index` is
    not below `size` or there are fewer leaves than `size`.
    """
    return _roots_of_spans(inclusion_spans(index, size), leaf_hashes)


def consistency_path(old_size: int, size: int, leaf_hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the hashes that show the tree at `old_size` to be a prefix of the tree at `size`.

    Reads the first `size` leaf hashes once and holds O(log size) of them. Raises ValueError when `old_size`
    is greater than `size` or there are fewer leaves than needed.
    """
    return _roots_of_spans(consistency_spans(old_size, size), leaf_hashes)


def includes(root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Say whether the path proves that leaf hash `leaf` stands at `index` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, *path):
        return False
    position, last = index, size - 1
    reached = leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            reached = node_hash(sibling, reached)
            position, last = _climbed_to_the_right_edge(position, last)
        else:
            reached = node_hash(reached, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and reached == root


def is_consistent(old_root: bytes, old_size: int, root: bytes, size: int, path: Sequence[bytes]) -> bool:
    """Say whether the path proves the old tree to be a prefix of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= size or not _are_hashes(*path):
        return False
    if old_size == size:
        return not path and old_root == root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    return _grows_to(old_root, old_size, root, size, path)


def _grows_to(old_root: bytes, old_size: int, root: bytes, size: int, path: Sequence[bytes]) -> bool:
    """Walk a consistency path for 0 < old_size < size."""
    hashes = (old_root, *path) if old_size & (old_size - 1) == 0 else tuple(path)
    if not hashes:
        return False
    position, last = old_size - 1, size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_reached = reached = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_reached = node_hash(sibling, old_reached)
            reached = node_hash(sibling, reached)
            position, last = _climbed_to_the_right_edge(position, last)
        else:
            reached = node_hash(reached, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and old_reached == old_root and reached == root


def _climbed_to_the_right_edge(position: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the node has no sibling, since its subtree ends the tree."""
    while position and not position & 1:
        position >>= 1
        last >>= 1
    return position, last


def _left_width(width: int) -> int:
    """Return the largest power of two below `width` (2 or more)."""
    return 1 << (width - 1).bit_length() - 1


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(each) == HASH_BYTES for each in hashes)


def _roots_of_spans(spans: Sequence[tuple[int, int]], leaf_hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return each span's root, in the order given; the spans are disjoint and the leaves are read once."""
    frontiers = {span: Frontier() for span in spans}
    pending = sorted(spans, reverse=True)
    for index, leaf in enumerate(leaf_hashes):
        while pending and index >= pending[-1][1]:
            pending.pop()
        if not pending:
            break
        if index >= pending[-1][0]:
            frontiers[pending[-1]].append(leaf)
    if any(frontiers[span].size != span[1] - span[0] for span in spans):
        raise ValueError("There are fewer leaves than the size asked for.")
    return tuple(frontiers[span].root() for span in spans)
