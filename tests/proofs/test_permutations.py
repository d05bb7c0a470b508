"""The short form of `proofs/permutations.py`: scenarios of all kinds and extensions in a few orders."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from tocsin.detection.correlating import group


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("proofs/permutations.py")


@pytest.mark.parametrize("first", range(0, 90, 15))
def test_any_order_within_the_allowed_lateness_gives_the_same_alerts(proof: ModuleType, first: int) -> None:
    drawn = [proof.drawn_from(seed) for seed in range(first, first + 15)]
    wrong = [proof.told(each, orders[0]) for each in drawn if (orders := proof.differing(each, 3))]
    assert not wrong, "\n".join(wrong)


def test_the_scenarios_fire_and_carry_every_extension(proof: ModuleType) -> None:
    drawn = [proof.drawn_from(seed) for seed in range(400)]
    keys = {
        line.partition(":")[0] for each in drawn for line in each.text().splitlines() if "tocsin." in line
    }
    assert {key.removeprefix("tocsin.") for key in keys} == {
        *("ratio", "for", "keep_firing_for", "baseline", "new_value", "heartbeat"),
        *("emit", "evidence_max", "allowed_lateness", "window", "gap"),
    }
    assert sum(bool(proof.in_order(each)) for each in drawn[:40]) > 20


def test_an_engine_that_takes_signals_as_they_come_is_seen(
    proof: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "_WORTH", 0)
    settle = group._AtWork.settle

    def at_once(at_work: group._AtWork) -> None:
        at_work._span = group.Span(at_work._span.before, group.FOREVER, closing=at_work._span.closing)
        settle(at_work)

    monkeypatch.setattr(group._AtWork, "settle", at_once)
    assert any(proof.differing(proof.drawn_from(seed), 2) for seed in range(30))
