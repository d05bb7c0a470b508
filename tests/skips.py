"""How a test says that what it needs is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""The shared captures and data beside the repository, which are not part of it."""


def skip_or_fail(reason: str) -> None:
    """Skip with a reason; under TOCSIN_REQUIRE_REAL=1 a skip is a failure."""
    if os.environ.get("TOCSIN_REQUIRE_REAL") == "1":
        pytest.fail(f"TOCSIN_REQUIRE_REAL=1 forbids this skip: {reason}")
    pytest.skip(reason)


LEFT_TO_A_PROOF = "left to a proof: "


def leave_to_a_proof(reason: str) -> None:
    """Skip what is too large to install with the tests; a command of `proofs` runs it, so this is fine."""
    pytest.skip(f"{LEFT_TO_A_PROOF}{reason}")
