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
