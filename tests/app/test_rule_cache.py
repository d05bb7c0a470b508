"""The cache of rules saves time and nothing else: whatever happens to it, the rules are the same."""

from __future__ import annotations

import gc
import os
from hashlib import sha256
from pathlib import Path

import pytest

from tocsin.app import rule_cache
from tocsin.app.rule_cache import RuleCache, load_remembered
from tocsin.detection.rules import RuleSet, load

RULE = "title: R\nname: r\nlevel: low\nlogsource: {category: c}\ndetection: {s: {a: x}, condition: s}\n"
COUNT = (
    "title: C\ncorrelation: {type: event_count, rules: r, timespan: 5m, condition: {gte: 2}}\nlevel: low\n"
)
FILES = [("a.yml", RULE), ("b.yml", COUNT), ("c.yml", "title: [\n"), ("d.yml", RULE.replace("r\n", "d\n"))]


def loaded(place: Path, files: list[tuple[str, str]] = FILES) -> RuleSet:
    return load_remembered(files, place)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "rules"


def test_cached_rules_are_those_that_are_read(place: Path) -> None:
    first = loaded(place)
    assert place.is_file()
    assert loaded(place) == first == load(FILES)
    assert len(first.rules) == 2


def test_what_is_known_is_not_read_again_and_not_written_again(place: Path) -> None:
    loaded(place)
    os.utime(place, (0, 0))
    cache = RuleCache(place)
    assert [cache.recall(*file) is not None for file in FILES] == [True, False, False, True]
    cache.keep()
    assert place.stat().st_mtime == 0


def test_a_changed_file_is_read_anew_and_the_old_one_forgotten(place: Path) -> None:
    loaded(place)
    changed = [("a.yml", RULE.replace("a: x", "a: y")), *FILES[1:]]
    assert loaded(place, changed) == load(changed)
    cache = RuleCache(place)
    assert cache.recall(*changed[0]) is not None
    assert cache.recall(*FILES[0]) is None


def test_the_same_text_in_another_file_is_another_rule(place: Path) -> None:
    loaded(place)
    assert RuleCache(place).recall("z.yml", RULE) is None


def test_rules_that_are_gone_are_forgotten(place: Path) -> None:
    loaded(place)
    before = place.stat().st_size
    loaded(place, FILES[:1])
    assert place.stat().st_size < before


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign", "engine", "payload"])
def test_a_damaged_or_foreign_cache_is_ignored_and_written_anew(
    place: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = loaded(place)
    whole = place.read_bytes()
    if damage == "payload":
        # The digest is right, and what it stands for is no rules.
        head = whole[: len(b"tocsin rules\n") + 32]
        place.write_bytes(head + sha256(b"\xc1").digest() + b"\xc1")
    elif damage == "engine":
        monkeypatch.setattr(rule_cache, "_engine", lambda: b"x" * 32)
    else:
        place.write_bytes(
            {"cut": whole[:-1], "flipped": whole[:-1] + b"\x00", "empty": b"", "foreign": b"x" * 500}[damage]
        )
    assert RuleCache(place).recall(*FILES[0]) is None
    assert loaded(place) == first
    assert RuleCache(place).recall(*FILES[0]) is not None


def test_a_file_too_large_to_be_ours_is_not_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(place)
    monkeypatch.setattr(rule_cache, "MOST_OCTETS", 10)
    assert RuleCache(place).recall(*FILES[0]) is None


def test_a_folder_that_cannot_be_written_loses_only_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert len(loaded(tmp_path / "cache" / "rules").rules) == 2


def test_a_failed_writing_leaves_no_draft(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("tocsin.app.rule_cache.os.replace", refused)
    loaded(place)
    assert list(place.parent.iterdir()) == []


def test_only_the_owner_may_read_the_cache(place: Path) -> None:
    loaded(place)
    assert place.stat().st_mode & 0o077 == 0
    assert place.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_left_as_it_was(place: Path, on: bool) -> None:
    loaded(place)
    was_on = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        RuleCache(place)
        assert gc.isenabled() is on
    finally:
        (gc.enable if was_on else gc.disable)()
