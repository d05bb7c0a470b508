"""How a test says that what it needs is not there."""

from __future__ import annotations

import os

import pytest


def skip_or_fail(reason: str) -> None:
    """Skip with a reason; under TOCSIN_REQUIRE_REAL=1 a skip is a failure."""
    if os.environ.get("TOCSIN_REQUIRE_REAL") == "1":
        pytest.fail(f"TOCSIN_REQUIRE_REAL=1 forbids this skip: {reason}")
    pytest.skip(reason)
