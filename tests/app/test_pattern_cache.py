from __future__ import annotations

import os
from pathlib import Path

from tocsin.app import pattern_cache
from tocsin.app.pattern_cache import PatternFolder


def test_what_was_kept_is_there_for_the_next_start(tmp_path: Path) -> None:
    assert PatternFolder(tmp_path / "cache").load("abc") is None
    PatternFolder(tmp_path / "cache").keep("abc", b"compiled")
    assert PatternFolder(tmp_path / "cache").load("abc") == b"compiled"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["abc"]


def test_the_database_unused_for_longest_goes_first(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pattern_cache, "MOST", 2)
    patterns = PatternFolder(tmp_path)
    for second, key in enumerate("ab"):
        patterns.keep(key, b"x")
        os.utime(tmp_path / key, (second, second))
    patterns.load("a")
    patterns.keep("c", b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    patterns = PatternFolder(tmp_path / "file" / "cache")
    patterns.keep("a", b"x")
    assert patterns.load("a") is None
