"""Files that have their place are whole, and are never written again."""

from __future__ import annotations

import os

from tocsin.store.lake import durable


def test_a_settled_file_has_its_place_and_cannot_be_written(tmp_path) -> None:
    (tmp_path / "unfinished").write_bytes(b"whole")
    durable.settled(tmp_path / "unfinished", tmp_path / "place")
    assert os.listdir(tmp_path) == ["place"]
    assert (tmp_path / "place").stat().st_mode & 0o777 == 0o400


def test_folders_are_closed_to_other_users(tmp_path) -> None:
    durable.made(tmp_path / "a" / "b" / "file")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b", "a/b/file")] == [
        0o700,
        0o700,
        0o600,
    ]
    durable.made(tmp_path / "a" / "b" / "file")


def test_the_last_line_break_is_found_over_many_blocks(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(durable, "BLOCK", 3)
    path = tmp_path / "file"
    path.write_bytes(b"ab\ncdefghijk")
    with durable.opened(path, os.O_RDWR, 1) as file:
        assert (durable.last_break(file, 12), durable.last_break(file, 2)) == (2, -1)
        assert durable.whole_end(file) == 3
    assert path.read_bytes() == b"ab\n"


def test_removing_what_is_gone_is_fine(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    durable.removed(tmp_path / "file")
    durable.removed(tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_a_digest_is_of_all_bytes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(durable, "BLOCK", 1)
    (tmp_path / "file").write_bytes(b"abc")
    assert durable.digest_of(tmp_path / "file").startswith("ba7816bf8f01cfea")
