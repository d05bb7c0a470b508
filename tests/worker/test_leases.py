from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import NOON
from tocsin.domain.job import Job
from tocsin.worker.leases import LONGEST_WORK_S, Leases

JOB = Job(kind="send", key="a", run_at=NOON, attempts=1)


class Timer:
    """A timer that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def leases(timer: Timer) -> Leases:
    return Leases(6.0, timer)


def test_a_job_is_held_until_its_lease_ends_counted_from_before_the_claim(
    leases: Leases, timer: Timer
) -> None:
    leases.take([JOB], timer.at)
    timer.at += 5.9
    assert leases.holds(JOB)
    timer.at += 0.1
    assert not leases.holds(JOB)


def test_what_was_never_claimed_or_was_claimed_anew_is_not_held(leases: Leases, timer: Timer) -> None:
    assert not leases.holds(JOB)
    leases.take([replace(JOB, attempts=2)], timer.at)
    assert not leases.holds(JOB)


def test_a_renewed_lease_is_longer_and_one_that_was_taken_over_is_not(leases: Leases, timer: Timer) -> None:
    other = replace(JOB, key="b")
    leases.take([JOB, other], timer.at)
    assert (leases.to_renew(), leases.rest_s()) == ((), 2.0)
    timer.at += 2
    assert (leases.to_renew(), leases.rest_s()) == (("a", "b"), 0.0)
    leases.renew(["a", "b"], ["a"], timer.at)
    assert (leases.to_renew(), leases.rest_s()) == ((), 2.0)
    timer.at += 5
    assert (leases.holds(JOB), leases.holds(other)) == (True, False)


def test_a_lease_of_work_that_hangs_is_renewed_no_more(leases: Leases, timer: Timer) -> None:
    leases.take([JOB], timer.at)
    timer.at += LONGEST_WORK_S
    assert (leases.to_renew(), leases.rest_s()) == ((), 6.0)


def test_what_was_let_go_is_renewed_no_more(leases: Leases, timer: Timer) -> None:
    leases.take([JOB], timer.at)
    leases.let_go(replace(JOB, key="unknown"))
    leases.let_go(replace(JOB, attempts=2))
    timer.at += 3
    assert leases.to_renew() == ("a",)
    leases.let_go(JOB)
    assert leases.to_renew() == ()


def test_what_is_settled_is_forgotten_unless_it_was_claimed_anew(leases: Leases, timer: Timer) -> None:
    leases.take([JOB], timer.at)
    leases.forget([JOB, replace(JOB, key="unknown")])
    assert not leases.holds(JOB)
    anew = replace(JOB, attempts=2)
    leases.take([anew], timer.at)
    leases.forget([JOB])
    assert leases.holds(anew)
