"""What every test may ask for: the shared material, or a skip that says why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def skip_or_fail(reason: str) -> None:
    """Skip with a reason; under TOCSIN_REQUIRE_REAL=1 a skip is a failure."""
    if os.environ.get("TOCSIN_REQUIRE_REAL") == "1":
        pytest.fail(f"TOCSIN_REQUIRE_REAL=1 forbids this skip: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared captures and data, which is not part of the repository."""
    if not SHARED.is_dir():
        skip_or_fail(f"shared material is not beside the repository ({SHARED})")
    return SHARED
