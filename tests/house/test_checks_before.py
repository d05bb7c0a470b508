"""Rule: what `make test` checks before the tests has passed as well."""

from __future__ import annotations

import os


def test_the_checks_that_ran_before_the_tests_passed() -> None:
    failed = os.environ.get("TOCSIN_FAILED_CHECKS", "").split()
    assert not failed, f"failed before the tests began: {', '.join(failed)}; see the output above the tests"
