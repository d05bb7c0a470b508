"""The log as files that never change, below one folder; a checkpoint among them says how far they go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from tocsin.audit.checkpoint import CheckpointRefused, Head, claimed
from tocsin.audit.growth import LogForked
from tocsin.audit.merkle import leaf_hash, root_of
from tocsin.audit.note import NoteRefused
from tocsin.audit.tiles import (
    WIDTH,
    Tile,
    bundle_of,
    consistency_in_tiles,
    hashes_of,
    inclusion_in_tiles,
    node_in,
    root_at,
    tile_of,
    tiles_between,
)
from tocsin.domain.errors import Overloaded
from tocsin.store.whole_files import sync_folder, written_beside

CHECKPOINT = "checkpoint"

Contents = Callable[[int, int], Iterable[bytes]]
"""Return the bytes of the entries from an index to before another, each once and in order."""


class TileFolder:
    """Tiles and entry bundles of one log. Each file is written whole; what a crash left out is written again.

    Safe beside other processes that write the same log: they write the same bytes.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._done: int | None = None

    def grow(self, head: Head, contents: Contents) -> None:
        """Write what is missing for a log of this head, durably. Raises `Overloaded` if the disk refuses.

        Raises `LogForked` when the entries do not have the head's root, also after all was written anew.
        """
        try:
            start = self._start(head)
            if start == head.size:
                return
            for begin in dict.fromkeys((start, 0)):
                self._write(begin, head.size, contents)
                if root_at(head.size, node_in(self.hashes)) == head.root:
                    self._done = head.size
                    self._drop_partials(start, head.size)
                    return
        except OSError as error:
            raise Overloaded(
                f"The log's tiles cannot be written: {error.strerror or type(error).__name__}.",
                means="Nobody outside can fetch the newest entries; the log itself is kept.",
                next_step="Free space on the disk of the home folder.",
            ) from error
        raise LogForked(head)

    def publish(self, note: str) -> None:
        """Show the checkpoint, after its tiles are durable. Raises OSError."""
        if self.published() != note:
            self._put(self._root / CHECKPOINT, note.encode())
            sync_folder(self._root)

    def published(self) -> str | None:
        """Return the note of the checkpoint that is shown, None when there is none."""
        try:
            return (self._root / CHECKPOINT).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def read(self, path: str) -> bytes | None:
        """Return a tile's or bundle's bytes by its path, None when there is none of it."""
        tile = tile_of(path)
        try:
            return None if tile is None else (self._root / tile.path).read_bytes()
        except FileNotFoundError:
            return None

    def hashes(self, tile: Tile) -> tuple[bytes, ...]:
        """Return at least the first `width` hashes of a tile. Raises FileNotFoundError, ValueError."""
        whole = self._root / Tile(tile.level, tile.number).path
        if whole.exists():
            return hashes_of(whole.read_bytes())
        partial = whole.with_name(whole.name + ".p")
        widths = sorted(int(each.name) for each in partial.iterdir() if each.name.isdecimal())
        wide_enough = next((width for width in widths if width >= tile.width), None)
        if wide_enough is None:
            raise FileNotFoundError(f"no tile {tile.path}")
        return hashes_of((partial / str(wide_enough)).read_bytes())

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the path from an entry to the root at a size. Raises FileNotFoundError, ValueError."""
        return inclusion_in_tiles(index, size, node_in(self.hashes))

    def consistency(self, old_size: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that a size is part of a later one. Raises FileNotFoundError, ValueError."""
        return consistency_in_tiles(old_size, size, node_in(self.hashes))

    def _start(self, head: Head) -> int:
        """Return up to where the tiles are known to be there: what is published was durable before."""
        if self._done is None:
            self._done = self._published_size(head)
        return min(self._done, head.size)

    def _published_size(self, head: Head) -> int:
        try:
            shown = claimed(self.published() or "")
        except (NoteRefused, CheckpointRefused):
            return 0
        # A size that is shown may be older than our tiles, never newer.
        return shown.size if shown.origin == head.origin else 0

    def _write(self, start: int, size: int, contents: Contents) -> None:
        folders = set()
        for tile in tiles_between(start, size):
            if tile.level == 0:
                continue
            if tile.level is None:
                entries = tuple(contents(tile.start, tile.stop))
                hashes = b"".join(map(leaf_hash, entries))
                folders.add(self._write_tile(tile, bundle_of(entries)))
                folders.add(self._write_tile(Tile(0, tile.number, tile.width), hashes))
            else:
                below = range(tile.start, tile.stop)
                roots = (root_of(self.hashes(Tile(tile.level - 1, number))) for number in below)
                folders.add(self._write_tile(tile, b"".join(roots)))
        for folder in folders:
            self._sync(folder)

    def _write_tile(self, tile: Tile, content: bytes) -> Path:
        path = self._root / tile.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._put(path, content)
        return path.parent

    def _put(self, path: Path, content: bytes) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = written_beside(path, content)
        try:
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _sync(self, folder: Path) -> None:
        """Make a folder's entries durable, and those of the folders it stands in."""
        while folder != self._root.parent:
            sync_folder(folder)
            folder = folder.parent

    def _drop_partials(self, start: int, size: int) -> None:
        """Remove the partial forms of tiles that are whole by now, as the format allows."""
        for tile in tiles_between(start, size):
            if tile.width == WIDTH:
                whole = self._root / tile.path
                shutil.rmtree(whole.with_name(whole.name + ".p"), ignore_errors=True)
