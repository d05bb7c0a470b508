from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.store import whole_files
from tocsin.store.whole_files import create_whole, sync_folder, written_beside


def test_a_file_appears_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    create_whole(tmp_path / "key", b"secret")
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_who_comes_second_changes_nothing(tmp_path: Path) -> None:
    create_whole(tmp_path / "key", b"first")
    create_whole(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"


def test_the_name_is_given_only_when_the_bytes_are_safe(tmp_path: Path, monkeypatch) -> None:
    seen: list[tuple[bool, bytes]] = []
    link = os.link

    def look(source: Path, target: Path) -> None:
        seen.append((target.exists(), source.read_bytes()))
        link(source, target)

    monkeypatch.setattr(whole_files.os, "link", look)
    create_whole(tmp_path / "key", b"secret")
    assert seen == [(False, b"secret")]


def test_a_disk_that_refuses_leaves_nothing_behind(tmp_path: Path, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        written_beside(tmp_path / "key", b"secret")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_can_be_synced(tmp_path: Path) -> None:
    sync_folder(tmp_path)
