"""A folder of packs is read as it lies there: no hidden files, no links, the whole in one digest."""

from __future__ import annotations

import hashlib

import pytest

from tocsin.app import pack_tree
from tocsin.app.pack_tree import (
    FileChange,
    PacksUnreadable,
    Tree,
    changed_files,
    tree_for,
    tree_in_home,
)


@pytest.fixture
def git(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "git" / name / "rules").mkdir(parents=True)
        (tmp_path / "git" / name / "oncall.yml").write_text(name)
    (tmp_path / "git" / "a" / "rules" / "one.yml").write_text("rule")
    (tmp_path / "git" / ".git").mkdir()
    (tmp_path / "git" / "docs").mkdir()
    (tmp_path / "git" / "docs" / "read.me").write_text("no pack")
    (tmp_path / "git" / "a" / ".hidden").write_text("no")
    return tmp_path / "git"


def test_a_folder_of_packs_takes_the_place_of_all_and_a_pack_that_of_its_own_name(git, tmp_path):
    whole = tree_for(tmp_path, git)
    assert set(whole.files) == {"a/oncall.yml", "a/rules/one.yml", "b/oncall.yml"}
    whole.write(tmp_path / "packs")
    assert tree_in_home(tmp_path) == whole
    (git / "a" / "rules" / "one.yml").unlink()
    assert set(tree_for(tmp_path, git / "a").files) == {"a/oncall.yml", "b/oncall.yml"}


def test_the_digest_is_that_of_the_lines_that_sha256sum_writes():
    tree = Tree({"b/x": b"2", "a/x": b"1"})
    lines = "".join(f"{hashlib.sha256(c).hexdigest()}  {p}\n" for p, c in (("a/x", b"1"), ("b/x", b"2")))
    assert tree.digest == hashlib.sha256(lines.encode()).hexdigest()


def test_files_are_added_changed_and_removed():
    assert changed_files({"a": "1", "b": "1", "c": "1"}, {"b": "2", "c": "1", "d": "1"}) == (
        FileChange(path="a", what="removed"),
        FileChange(path="b", what="changed"),
        FileChange(path="d", what="added"),
    )


def test_what_is_no_folder_of_plain_files_is_refused(git, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(PacksUnreadable):
            tree_for(tmp_path, place)
    monkeypatch.setattr(pack_tree, "MOST_FILES", 2)
    with pytest.raises(PacksUnreadable, match="more than 2 files"):
        tree_for(tmp_path, git)
    (git / "a" / "link.yml").symlink_to("/etc/passwd")
    with pytest.raises(PacksUnreadable, match="no plain file"):
        tree_for(tmp_path, git)


def test_the_home_is_read_as_it_is_links_to_files_too(tmp_path):
    (tmp_path / "packs" / "a").mkdir(parents=True)
    (tmp_path / "own.yml").write_text("own")
    (tmp_path / "packs" / "a" / "oncall.yml").symlink_to(tmp_path / "own.yml")
    (tmp_path / "packs" / "a" / "gone.yml").symlink_to(tmp_path / "gone.yml")
    assert tree_in_home(tmp_path).files == {"a/oncall.yml": b"own"}
    assert tree_in_home(tmp_path / "nowhere").files == {}
