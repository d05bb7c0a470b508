from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.audit.checkpoint import Head, signed
from tocsin.audit.growth import LogForked
from tocsin.audit.merkle import consistency_path, inclusion_path, leaf_hash, root_of
from tocsin.audit.tiles import entries_of, tiles_between
from tocsin.domain.errors import Overloaded
from tocsin.store.signer import FileSigner
from tocsin.store.tiles import TileFolder

ORIGIN = "tocsin.example/audit"
ENTRIES = [b'{"n":%d}' % number for number in range(66_000)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


def contents(start: int, stop: int) -> Iterable[bytes]:
    return ENTRIES[start:stop]


def head(size: int) -> Head:
    return Head(ORIGIN, size, root_of(HASHES[:size]))


def files_in(folder: Path) -> dict[str, bytes]:
    found = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in found}


def test_a_log_that_grows_step_by_step_has_the_files_of_one_written_at_once(tmp_path: Path) -> None:
    steps, once = TileFolder(tmp_path / "steps"), TileFolder(tmp_path / "once")
    for size in (1, 3, 255, 256, 300, 700, 1025):
        steps.grow(head(size), contents)
    once.grow(head(1025), contents)
    for tile in tiles_between(0, 1025):
        assert steps.read(tile.path) == once.read(tile.path) is not None
    assert entries_of(once.read("tile/entries/004.p/1") or b"") == (ENTRIES[1024],)
    assert once.read("tile/0/000") == b"".join(HASHES[:256])
    # Partial tiles are gone once the whole one is there.
    assert not list((tmp_path / "steps").glob("tile/0/000.p"))


def test_proofs_are_read_from_tiles(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path)
    for size in (300, 66_000):
        folder.grow(head(size), contents)
    assert folder.inclusion(299, 66_000) == inclusion_path(299, 66_000, HASHES)
    assert folder.inclusion(70, 300) == inclusion_path(70, 300, HASHES)
    assert folder.consistency(300, 66_000) == consistency_path(300, 66_000, HASHES)
    with pytest.raises(FileNotFoundError):
        folder.inclusion(1, 70_000)


def test_what_a_crash_left_half_done_is_written_again(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path / "log")
    folder.grow(head(300), contents)
    note = signed(300, head(300).root, FileSigner(tmp_path / "key", ORIGIN), datetime.now(UTC)).note
    folder.publish(note)
    whole = TileFolder(tmp_path / "whole")
    whole.grow(head(600), contents)
    # The crash came after some of the files, and before the checkpoint.
    half = tmp_path / "log" / "tile" / "0" / "001"
    half.write_bytes(b"cut off")
    again = TileFolder(tmp_path / "log")
    again.grow(head(600), contents)
    again.publish(note)
    assert again.published() == note
    kept = files_in(tmp_path / "log")
    for tile in tiles_between(0, 600):
        assert kept[tile.path] == whole.read(tile.path)


def test_older_files_that_are_damaged_are_written_anew(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path)
    folder.grow(head(300), contents)
    (tmp_path / "tile" / "1" / "000.p" / "1").write_bytes(bytes(32))
    folder.grow(head(301), contents)
    assert folder.read("tile/1/000.p/1") == root_of(HASHES[:256])


def test_entries_that_are_not_the_signed_ones_are_not_taken(tmp_path: Path) -> None:
    folder = TileFolder(tmp_path)
    with pytest.raises(LogForked):
        folder.grow(Head(ORIGIN, 5, b"r" * 32), contents)
    folder.grow(head(5), contents)
    folder.grow(head(5), lambda start, stop: pytest.fail("nothing is missing"))


def test_a_checkpoint_of_another_log_says_nothing_of_ours(tmp_path: Path) -> None:
    other = signed(9, b"r" * 32, FileSigner(tmp_path / "key", "other.example/log"), datetime.now(UTC)).note
    for number, shown in enumerate((other, "no note")):
        folder = TileFolder(tmp_path / str(number))
        folder.publish(shown)
        folder.grow(head(5), contents)
        assert folder.read("tile/0/000.p/5") == b"".join(HASHES[:5])


def test_paths_that_are_none_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="ascii")
    folder = TileFolder(tmp_path / "log")
    assert folder.published() is None
    folder.grow(head(5), contents)
    for path in ("../secret", "tile/0/../../../secret", "tile/0/001", "checkpoint", "tile/0/000.p/4"):
        assert folder.read(path) is None


def test_a_disk_that_refuses_is_explained(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    tmp_path.write_bytes(b"a file in its place")
    with pytest.raises(Overloaded, match="cannot be written"):
        TileFolder(tmp_path).grow(head(5), contents)
    tmp_path.unlink()
    tmp_path.mkdir()
