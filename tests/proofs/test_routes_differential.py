"""The short form of `proofs/routes_differential.py`: four hundred label sets, sixty files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from skips import skip_or_fail
from tocsin.oncall.alertmanager.file import parse_alertmanager


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> ModuleType:
    if shutil.which("amtool") is None:
        skip_or_fail("amtool is not installed (Debian: prometheus-alertmanager)")
    return load_program("proofs/routes_differential.py")


@pytest.mark.real
def test_labels_lead_where_amtool_says(proof: ModuleType, tmp_path: Path) -> None:
    tally = proof.compare_routes(400, 3, tmp_path)
    assert tally.differences == []
    assert tally.label_sets == 400
    assert tally.several > 20


@pytest.mark.real
def test_files_load_where_they_load_in_amtool(proof: ModuleType, tmp_path: Path) -> None:
    tally = proof.compare_files(60, 3, tmp_path)
    assert tally.differences == []
    assert 10 < tally.refused < 55


@pytest.mark.real
def test_a_tree_that_means_something_else_is_a_difference(
    proof: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_routes(text: str, path: str) -> Any:
        read = parse_alertmanager(text, path)
        return replace(read, root=replace(read.root, children=()))

    monkeypatch.setattr(proof, "parse_alertmanager", without_routes)
    assert proof.compare_routes(60, 3, tmp_path).differences
