"""The short form of `proofs/oracle_differential.py`: sixty rules, one event of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from tocsin.detection.sigma.tree import Not


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("proofs/oracle_differential.py")


def test_sifted_and_asked_rules_hold_where_the_oracle_says(
    shared: Path, proof: ModuleType, tmp_path: Path
) -> None:
    asked, _ = proof.both(proof.sigmahq(60), tmp_path / "queries.json")
    results = tmp_path / "results.jsonl"
    tally = proof.compared(asked, proof.chunks(1), results)
    assert tally.differences == []
    assert tally.pairs > 10_000
    assert tally.common > 0
    # A run that goes on takes what is done from the folder.
    again = proof.compared(asked, proof.chunks(1), results)
    assert (again.pairs, again.common) == (tally.pairs, tally.common)


def test_a_rule_that_means_something_else_is_a_difference(
    shared: Path, proof: ModuleType, tmp_path: Path
) -> None:
    asked, _ = proof.both(proof.sigmahq(5), tmp_path / "queries.json")
    wrong = [replace(each, rule=replace(each.rule, tree=Not(each.rule.tree))) for each in asked]
    tally = proof.compared(wrong, proof.chunks(1), tmp_path / "results.jsonl")
    assert tally.differences


def test_numbers_in_a_text_column_are_compared_as_numbers(proof: ModuleType) -> None:
    query = "SELECT rowid FROM logs WHERE (Size > 5 OR `a.b` <= -1.5) AND Text='x > 5'"
    assert proof.numbers_as_numbers(query) == (
        "SELECT rowid FROM logs WHERE (numeric(Size) > 5 OR numeric(`a.b`) <= -1.5) AND Text='x > 5'"
    )
