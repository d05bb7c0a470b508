"""The short form of the proof of actions with real servers, and that the proof would notice what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from guarded_service import Called


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("proofs/actions_live.py")


def test_a_killed_server_acts_once_and_only_on_sealed_evidence(proof: ModuleType, tmp_path: Path) -> None:
    results = proof.Results(tmp_path / "trials.jsonl")
    proof.prove({"sqlite-1": 1}, results, a_trial=1, most=3, stopped_s=2.5)
    (row,) = results.rows()
    assert row["faults"] == []
    assert set(row["by_door"]) >= {"api", "runbook", "timer"}
    assert row["calls"] >= 4
    assert proof.show([row])
    assert not proof.show([row | {"faults": ["ACT-1 is begun"]}])


def test_an_effect_that_comes_twice_is_a_fault(proof: ModuleType) -> None:
    once = Called(at=datetime.now(UTC), node=0, method="POST", path="marks/t1", key="k", applied=True)
    assert proof._doubled([once, replace(once, applied=False)]) == []
    assert proof._doubled([once, once]) == ["k took effect 2 times"]
