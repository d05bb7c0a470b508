from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.audit.breach import Break, BreakUnreadable
from tocsin.store.lineage import Lineage

BREAK = Break(
    number=1,
    origin="tocsin.test/audit",
    kind="log_forked",
    reason="Entry 4 was changed.",
    first_broken=4,
    found_at=NOON,
    size=9,
    sealed_size=3,
)


@pytest.fixture
def lineage(tmp_path: Path) -> Lineage:
    return _lineage(tmp_path)


def _lineage(folder: Path) -> Lineage:
    return Lineage(folder / "keys" / "log.key", "tocsin.test/audit", folder / "log" / "hashes")


def test_a_log_that_is_frozen_makes_the_next_one_the_one_that_is_written_to(lineage, tmp_path) -> None:
    other = _lineage(tmp_path)
    assert (lineage.number, lineage.broken(1)) == (1, None)
    lineage.freeze(BREAK)
    assert (lineage.number, other.number, lineage.broken(1)) == (2, 2, BREAK)
    other.freeze(replace(BREAK, number=2))
    assert (lineage.number, lineage.origin_of(3)) == (3, "tocsin.test/audit/3")


def test_the_first_words_on_a_break_count(lineage) -> None:
    lineage.freeze(BREAK)
    lineage.freeze(replace(BREAK, first_broken=1))
    assert lineage.broken(1) == BREAK


def test_each_log_is_signed_by_a_key_of_its_own(lineage, tmp_path) -> None:
    first = lineage.signer.verifier_key
    lineage.freeze(BREAK)
    second = lineage.signer.verifier_key
    assert first.split("+")[2] != second.split("+")[2]
    assert (lineage.signer_of(1).verifier_key, lineage.signer.origin) == (first, "tocsin.test/audit/2")
    assert lineage.last_signed(2).size == 0
    assert (tmp_path / "keys" / "log-2.key").exists()


def test_a_record_that_cannot_be_read_is_no_whole_log(lineage, tmp_path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "log.key.frozen").write_bytes(b"{")
    with pytest.raises(BreakUnreadable):
        lineage.broken(1)
    (tmp_path / "keys" / "log.key.frozen").unlink()
    (tmp_path / "keys" / "log.key.frozen").mkdir()
    with pytest.raises(BreakUnreadable):
        lineage.broken(1)
