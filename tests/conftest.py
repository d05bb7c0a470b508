"""What every test may ask for: the shared material, or a skip that says why."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# Modules beside this file hold fixtures for more than one room.
sys.path.insert(0, str(Path(__file__).parent))
from skips import LEFT_TO_A_PROOF, SHARED, skip_or_fail

pytest_plugins = ["databases", "served"]

# A busy machine may pause any example for longer than hypothesis allows, which says nothing about the code.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared captures and data, which is not part of the repository."""
    if not SHARED.is_dir():
        skip_or_fail(f"shared material is not beside the repository ({SHARED})")
    return SHARED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn every skip into a failure under TOCSIN_REQUIRE_REAL=1, whoever asked for it and how."""
    report = yield
    _forbid_a_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a file that skips itself while it is collected."""
    report = yield
    _forbid_a_skip(report)
    return report


def _forbid_a_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("TOCSIN_REQUIRE_REAL") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if LEFT_TO_A_PROOF in reason:
            return
        report.outcome = "failed"
        report.longrepr = f"TOCSIN_REQUIRE_REAL=1 forbids this skip: {reason}"
