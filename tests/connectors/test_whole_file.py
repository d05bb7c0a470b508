"""A file is replaced in one step, or stays as it was."""

from __future__ import annotations

import os

import pytest

from tocsin.connectors.whole_file import replace_whole


def test_the_new_text_takes_the_place_of_the_old_and_the_mode_stays(tmp_path):
    path = tmp_path / "flags.json"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["flags.json"]


def test_a_new_file_can_be_read_by_others(tmp_path):
    replace_whole(tmp_path / "new.json", b"{}")
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("x")
    with pytest.raises(OSError):
        replace_whole(tmp_path / "folder", b"new")
    assert sorted(os.listdir(tmp_path)) == ["folder"]
