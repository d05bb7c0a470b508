"""The pause doubles, wishes are followed, and what cannot heal is given up at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.ports.delivery import FailureKind
from tocsin.oncall.retrying import next_try

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def wait_after(
    attempts: int, *, wish: float | None = None, kind: FailureKind = FailureKind.RETRY_LATER
) -> timedelta | None:
    due = next_try(kind, attempts=attempts, most_attempts=8, retry_after_s=wish, now=NOW)
    return None if due is None else due - NOW


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 2), (1, 2), (2, 4), (3, 8), (4, 16), (7, 128)])
def test_the_pause_doubles_with_each_attempt(attempts: int, seconds: int) -> None:
    assert wait_after(attempts) == timedelta(seconds=seconds)


def test_the_pause_never_exceeds_five_minutes() -> None:
    due = next_try(FailureKind.RETRY_LATER, attempts=30, most_attempts=99, retry_after_s=None, now=NOW)
    assert due == NOW + timedelta(minutes=5)


def test_the_last_attempt_is_the_last() -> None:
    assert wait_after(8) is None


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.MISCONFIGURED])
def test_what_does_not_heal_by_itself_is_given_up_at_once(kind: FailureKind) -> None:
    assert wait_after(1, kind=kind) is None


def test_an_unknown_fault_is_tried_again() -> None:
    assert wait_after(1, kind=FailureKind.UNKNOWN) == timedelta(seconds=2)


@pytest.mark.parametrize(("wish", "seconds"), [(120, 120), (1, 2), (-5, 2), (99999, 3600)])
def test_the_partners_wish_is_followed_within_reason(wish: float, seconds: int) -> None:
    assert wait_after(1, wish=wish) == timedelta(seconds=seconds)
