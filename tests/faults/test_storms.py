"""Bad nights in short: each proof of `proofs/storms`, in seconds, against a real server of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from skips import leave_to_a_proof

ROOT = Path(__file__).parents[2]
PROOFS = ("notifiers", "clocks", "short_alerts", "disks")
LONGER = ("receivers", "disorder", "dead_man", "flood", "soak")


def _run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PROOFS)
def test_a_bad_night_breaks_no_promise(name: str) -> None:
    _run("proofs/storms", name, "--short")


@pytest.mark.parametrize("name", LONGER)
def test_a_longer_night_is_left_to_its_proof(name: str) -> None:
    leave_to_a_proof(f"it takes up to a minute: python proofs/storms {name} --short")


def test_why_is_complete_for_every_alert_of_a_small_run() -> None:
    _run("proofs/why.py", "30")
