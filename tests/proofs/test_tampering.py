"""One attack of each class is found within a minute; `proofs/tampering.py` tries more and prints a table."""

from __future__ import annotations

from pathlib import Path

import pytest

CASES = (
    ("edit", "our own look", "entry 4"),
    ("truncate", "our own look", "entry 10"),
    ("empty", "our own look", "entry 0"),
    ("recompute", "our own look", "entry 4"),
    ("forge_tail", "our own look", "entry 10"),
    ("forge_tail_with_keys", "witness", "below 31"),
    ("split_view", "witness", "below 31"),
)


@pytest.fixture(scope="session")
def tampering(load_program):
    return load_program("proofs/tampering.py")


@pytest.mark.parametrize(("attack", "by", "where"), CASES, ids=[case[0] for case in CASES])
def test_it_is_found_in_time_and_named(tampering, database_store, tmp_path: Path, attack, by, where) -> None:
    with tampering.house(tmp_path, 30) as made:
        found = tampering.tried(getattr(tampering, attack), made, "any")
    assert found.is_found
    assert (found.by, found.where) == (by, where)


def test_all_seven_classes_are_tried(tampering) -> None:
    assert [attacks[0].__name__ for attacks in tampering.ATTACKS.values()] == [name for name, _, _ in CASES]
    assert len(CASES) == 7


def test_a_house_that_nobody_attacks_finds_nothing(tampering, sqlite_store, tmp_path: Path) -> None:
    with tampering.house(tmp_path, 30) as made:
        found = tampering.tried(lambda house: None, made, "any")
    assert (found.by, found.seconds, found.is_found) == ("nobody", None, False)
