"""What only the memory twin of the job table could get wrong; the contract is in tests/store/test_jobs.py."""

from __future__ import annotations

import pytest

from nouns import NOON, later
from tocsin.domain.job import Job


def test_an_undone_claim_leaves_the_job_to_others(memory_store):
    with memory_store.transaction() as shelves:
        shelves.jobs.put(Job(kind="a", key="k", run_at=NOON))
    with pytest.raises(ZeroDivisionError), memory_store.transaction() as shelves:
        shelves.jobs.claim(["a"], "w1", NOON, 1 / 0, 1)
    with memory_store.transaction() as shelves:
        (claimed,) = shelves.jobs.claim(["a"], "w2", NOON, 30, 1)
    assert (claimed.owner, claimed.attempts) == ("w2", 1)


def test_a_rescheduled_job_keeps_its_kind_and_birth_as_in_a_database(any_store):
    with any_store.transaction() as shelves:
        shelves.jobs.put(Job(kind="a", key="k", run_at=NOON, created_at=NOON))
        shelves.jobs.reschedule(Job(kind="b", key="k", run_at=later(5), created_at=later(5)))
        assert shelves.jobs.get("k") == Job(kind="a", key="k", run_at=later(5), created_at=NOON)
