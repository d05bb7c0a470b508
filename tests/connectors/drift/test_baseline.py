"""A configuration is read from disk or from a revision of Git; nothing else is ever run or read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tocsin.connectors.drift import baseline
from tocsin.connectors.drift.baseline import BaselineUnreadable, tree_at, tree_of, unwritable


def git(folder: Path, *words: str) -> None:
    named = ["-c", "user.name=Ada", "-c", "user.email=ada@tocsin.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *named, *words], check=True, capture_output=True)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file whose first revision says `tls: true`, and which now says otherwise."""
    path = tmp_path / "deep" / "prod.yml"
    path.parent.mkdir()
    path.write_text("tls: true\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    path.write_text("tls: false\n")
    return path


def test_a_revision_is_read_as_git_has_it(config: Path) -> None:
    assert (tree_at(config), tree_at(config, "HEAD")) == ({"tls": False}, {"tls": True})


@pytest.mark.parametrize("revision", ["-x", "--help", "HEAD:/etc/passwd", "nothing", "a\0b"])
def test_what_is_no_revision_is_refused(config: Path, revision: str) -> None:
    with pytest.raises(BaselineUnreadable):
        tree_at(config, revision)


def test_without_git_or_file_it_is_explained(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BaselineUnreadable, match="cannot be read"):
        tree_at(config.parent / "none")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BaselineUnreadable, match="Git cannot be asked"):
        tree_at(config, "HEAD")


@pytest.mark.parametrize(
    ("text", "tree"), [(b'{"a": [1]}', {"a": [1]}), (b"a: [1]\n", {"a": [1]}), (b"", None)]
)
def test_json_and_yaml_are_read(text: bytes, tree: object) -> None:
    assert tree_of(text, "x") == tree


@pytest.mark.parametrize(
    "text", [b"a: [", b"\xff\xfe", b"!!python/object:os.system {}", b"[" * 5000, b"a: 1\n---\nb: 2\n"]
)
def test_what_is_neither_is_refused(text: bytes) -> None:
    with pytest.raises(BaselineUnreadable):
        tree_of(text, "x")


def test_a_huge_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "LARGEST_BYTES", 3)
    with pytest.raises(BaselineUnreadable, match="larger"):
        tree_of(b"1234", "x")
    assert "one is odd" in unwritable(ValueError("odd")).happened
