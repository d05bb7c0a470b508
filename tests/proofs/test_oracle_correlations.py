"""The short form of `proofs/oracle_correlations.py`: sixty scenarios, and that a fault would be seen."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from correlation_scenarios import scenario
from tocsin.detection.correlating.window import Window


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("proofs/oracle_correlations.py")


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_ours_and_the_oracle_fire_at_the_same_times_and_fold_to_the_same_bursts(
    proof: ModuleType, first: int
) -> None:
    drawn = [proof.with_values_below(scenario(seed)) for seed in range(first, first + 10)]
    found = [(proof.oracle(each), proof.ours(each)) for each in drawn]
    wrong = [proof.told(each) for each, (oracle, ours) in zip(drawn, found, strict=True) if oracle != ours]
    assert not wrong, "\n".join(wrong)
    assert any(oracle.firings for oracle, _ in found)


def test_a_window_that_loses_its_edge_is_a_difference(
    proof: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Window, "_oldest", lambda self, time: time - self.watched.span + 1)
    drawn = [proof.with_values_below(scenario(seed)) for seed in range(40)]
    assert any(proof.oracle(each) != proof.ours(each) for each in drawn)
