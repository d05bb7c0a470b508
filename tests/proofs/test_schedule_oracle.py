"""The short form of `proofs/schedule_oracle.py`: thirty schedules around each change of clocks, all zones."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import ModuleType
from typing import Any

import pytest

from tocsin.oncall.schedules import turns
from tocsin.oncall.schedules.shifts import shifts

np = pytest.importorskip("numpy")
A_DAY = 24 * 60
AROUND = 3 * A_DAY


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> ModuleType:
    """Return the proof, with blocks of one year so that it is over in seconds."""
    module: Any = load_program("proofs/schedule_oracle.py")
    module.YEARS_IN_DAYS = 366
    return module


def differences(proof: Any, seed: int) -> list[str]:
    """Return where the engine and the oracle differ, of the minutes that matter most."""
    schedule, overrides, block = proof.random_schedule(seed)
    start = datetime.combine(block, time(), tzinfo=UTC)
    oracle = proof.Oracle(schedule, overrides, block)
    skip = proof.MARGIN_DAYS * A_DAY
    found = shifts(schedule, overrides, start, start + timedelta(days=proof.YEARS_IN_DAYS))
    shown = np.zeros(proof.YEARS_IN_DAYS * A_DAY, dtype=np.int64)
    edges = []
    for shift in found:
        first, last = (int((at - start) / timedelta(minutes=1)) for at in (shift.start, shift.end))
        shown[first:last] |= 1 << proof.PEOPLE.index(shift.person)
        edges += [first, last]
    wall = proof.walls(schedule.zone.key, block).wall
    changes = np.flatnonzero(np.diff(wall) != 1) - skip
    chance = random.Random(seed)
    wanted = set(chance.choices(range(len(shown)), k=1000))
    wanted.update(edge + ahead for edge in edges for ahead in (-1, 0))
    for change in changes:
        wanted.update(range(int(change) - AROUND, int(change) + AROUND))
    minutes = sorted(minute for minute in wanted if 0 <= minute < len(shown))
    wrong = [minute for minute in minutes if shown[minute] != oracle.on[skip + minute]]
    some = chance.sample(minutes, 60)
    wrong += [minute for minute in some if not proof.pages_alike(oracle, overrides, start, minute)]
    return [f"seed {seed} at {start + timedelta(minutes=minute)}" for minute in wrong]


@pytest.mark.parametrize("seed", range(30))
def test_engine_and_oracle_agree_around_changes_handovers_and_at_random(proof: Any, seed: int) -> None:
    assert differences(proof, seed) == []


def test_an_engine_that_takes_the_second_of_two_equal_times_is_found_out(
    proof: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(day, at, zone):
        return datetime.combine(day, at, tzinfo=zone).replace(fold=1).astimezone(UTC)

    monkeypatch.setattr(turns, "instant", second)
    turns._windows.cache_clear()
    try:
        assert any(differences(proof, seed) for seed in (4, 15, 28))
    finally:
        turns._windows.cache_clear()
