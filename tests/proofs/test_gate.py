"""The short form of the proof of the gate, and that the proof would notice a gate that is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from tocsin.evidence import gate
from tocsin.response import approving, stops
from tocsin.worker import acting


@pytest.fixture(scope="module")
def proof(load_program: Callable[[str], ModuleType]) -> Iterator[ModuleType]:
    log = logging.getLogger("tocsin.worker")
    usual = log.level
    log.setLevel(logging.CRITICAL)
    yield load_program("proofs/gate.py")
    log.setLevel(usual)


def _broken(proof: ModuleType, seeds: range) -> list[str]:
    return [each for seed in seeds for each in proof.Schedule(seed).run()]


def test_no_random_schedule_contains_without_evidence(proof: ModuleType) -> None:
    assert _broken(proof, range(200)) == []


def test_killed_at_each_step_in_turn_nothing_is_broken(proof: ModuleType) -> None:
    assert proof.sweep(11) == []


@pytest.mark.parametrize(
    ("where", "name", "instead", "says"),
    [
        pytest.param(gate, "missing", lambda *args, **more: (), "lacked", id="the gate is gone"),
        pytest.param(
            gate, "is_broken", lambda policy, glass: glass is not None, "lacked", id="one breaks it"
        ),
        pytest.param(approving, "has_second_consent", lambda *args: True, "lacked", id="a gap counts alone"),
        pytest.param(approving, "lacking", lambda *args: (), "had the consent of", id="nobody consents"),
        pytest.param(
            approving,
            "valid_approvals",
            lambda one, now: one.approvals,
            "consent of",
            id="void consent counts",
        ),
        pytest.param(stops, "in_force", lambda *args, **more: None, "after the stop", id="no stop is seen"),
        pytest.param(
            acting,
            "_performed",
            lambda asked, kept, ledger: _blindly(asked, kept, ledger),
            "times",
            id="no look",
        ),
    ],
)
def test_the_proof_notices_what_is_gone(
    proof: ModuleType, monkeypatch: pytest.MonkeyPatch, where: object, name: str, instead: object, says: str
) -> None:
    monkeypatch.setattr(where, name, instead)
    for seed in range(200):
        if any(says in each for each in proof.Schedule(seed).run()):
            return
    pytest.fail("nobody noticed")


def _blindly(asked, kept, ledger):
    key = str(asked.action.action_id)
    return acting.drive(asked.performer.perform(asked.arguments, kept, key), ledger.of)
