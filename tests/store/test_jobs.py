"""The job table keeps its promises on every store."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.job import Job, JobState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def job(key: str, *, due_in_s: float = 0, kind: str = "deliver", **more: object) -> Job:
    return Job(kind=kind, key=key, run_at=NOON + timedelta(seconds=due_in_s), created_at=NOON, **more)


def claim(store, owner="w1", at=NOON, lease_s=30.0, limit=10, kinds=("deliver",)):
    with store.transaction() as shelves:
        return shelves.jobs.claim(kinds, owner, at, lease_s, limit)


def put(store, *jobs):
    with store.transaction() as shelves:
        return [shelves.jobs.put(one) for one in jobs]


def test_a_job_comes_back_as_it_was_put(any_store):
    kept = job("k", args={"page": "7", "odd": "\0 \ud800 \N{SNOWMAN}"})
    assert put(any_store, kept) == [True]
    with any_store.reading() as shelves:
        assert shelves.jobs.get("k") == kept
        assert shelves.jobs.get("other") is None


def test_the_same_key_is_put_once(any_store):
    assert put(any_store, job("k"), job("k", due_in_s=9)) == [True, False]
    assert put(any_store, job("k", due_in_s=9)) == [False]
    with any_store.reading() as shelves:
        assert shelves.jobs.get("k").run_at == NOON


def test_a_claim_takes_due_jobs_of_its_kinds_oldest_first_and_leases_them(any_store):
    put(any_store, job("late", due_in_s=-1), job("later", due_in_s=-9), job("not yet", due_in_s=1))
    put(any_store, job("other", kind="poll"))
    claimed = claim(any_store)
    assert [one.key for one in claimed] == ["later", "late"]
    for one in claimed:
        assert (one.owner, one.attempts, one.run_at) == ("w1", 1, NOON + timedelta(seconds=30))
        with any_store.reading() as shelves:
            assert shelves.jobs.get(one.key) == one
    assert claim(any_store, "w2") == ()


def test_a_claim_keeps_to_its_limit(any_store):
    put(any_store, job("a"), job("b"), job("c"))
    assert [one.key for one in claim(any_store, limit=2)] == ["a", "b"]
    assert [one.key for one in claim(any_store, limit=2)] == ["c"]


def test_a_dead_owners_job_is_due_again_after_the_lease_with_the_same_key(any_store):
    put(any_store, job("k"))
    claim(any_store, "killed", lease_s=30)
    assert claim(any_store, "w2", at=NOON + timedelta(seconds=29)) == ()
    (again,) = claim(any_store, "w2", at=NOON + timedelta(seconds=30))
    assert (again.key, again.attempts, again.owner) == ("k", 2, "w2")


def test_only_the_present_owner_can_finish(any_store):
    put(any_store, job("k"))
    claim(any_store, "slow")
    claim(any_store, "w2", at=NOON + timedelta(seconds=31))
    with any_store.transaction() as shelves:
        assert shelves.jobs.finish("k", "slow") is False
        shelves.jobs.retry("k", "slow", NOON, "too late to say")
        shelves.jobs.bury("k", "slow", "too late to say")
        assert shelves.jobs.get("k").last_error == ""
        assert shelves.jobs.finish("k", "w2") is True
        assert shelves.jobs.finish("k", "w2") is False
        assert shelves.jobs.get("k").state is JobState.DONE
    assert claim(any_store, at=NOON + timedelta(days=1)) == ()


def test_a_retry_is_due_when_said_and_keeps_the_reason(any_store):
    put(any_store, job("k"))
    claim(any_store)
    with any_store.transaction() as shelves:
        shelves.jobs.retry("k", "w1", NOON + timedelta(seconds=5), "SMTP server is away")
    assert claim(any_store, at=NOON + timedelta(seconds=4)) == ()
    (again,) = claim(any_store, at=NOON + timedelta(seconds=5))
    assert (again.attempts, again.last_error) == (2, "SMTP server is away")


def test_a_buried_job_is_visible_and_can_be_revived_with_its_key(any_store):
    put(any_store, job("k"))
    claim(any_store)
    with any_store.transaction() as shelves:
        assert shelves.jobs.revive("k", NOON) is False
        shelves.jobs.bury("k", "w1", "refused")
    assert claim(any_store, at=NOON + timedelta(days=1)) == ()
    with any_store.transaction() as shelves:
        (dead,) = shelves.jobs.listed(JobState.DEAD)
        assert (dead.key, dead.last_error, dead.attempts) == ("k", "refused", 1)
        assert shelves.jobs.count(JobState.DEAD) == 1
        assert shelves.jobs.revive("k", NOON + timedelta(hours=1)) is True
        assert shelves.jobs.revive("unknown", NOON) is False
    (alive,) = claim(any_store, at=NOON + timedelta(hours=1))
    assert (alive.key, alive.attempts) == ("k", 1)


def test_a_dropped_job_never_runs_and_unknown_keys_are_ignored(any_store):
    put(any_store, job("k"), job("held"))
    claim(any_store, limit=2)
    with any_store.transaction() as shelves:
        shelves.jobs.drop("k")
        shelves.jobs.drop("unknown")
        assert shelves.jobs.finish("k", "w1") is False
        assert shelves.jobs.get("k").state is JobState.DONE


def test_reschedule_adds_or_makes_ready_again_with_new_time_and_args(any_store):
    with any_store.transaction() as shelves:
        shelves.jobs.reschedule(job("k", args={"step": "0"}))
    claim(any_store, "w1")
    with any_store.transaction() as shelves:
        shelves.jobs.reschedule(
            replace(job("k", due_in_s=60, args={"step": "1"}), created_at=NOON + timedelta(1))
        )
        assert shelves.jobs.finish("k", "w1") is False
        assert shelves.jobs.get("k") == job("k", due_in_s=60, args={"step": "1"})
        shelves.jobs.drop("k")
        shelves.jobs.reschedule(job("k", due_in_s=90))
        assert shelves.jobs.get("k") == job("k", due_in_s=90)


def test_the_next_due_time_looks_at_ready_jobs_of_the_kinds(any_store):
    put(any_store, job("a", due_in_s=5), job("b", due_in_s=3), job("c", due_in_s=1, kind="poll"))
    with any_store.transaction() as shelves:
        assert shelves.jobs.next_due(["deliver"]) == {"deliver": NOON + timedelta(seconds=3)}
        shelves.jobs.drop("b")
        first = {"deliver": NOON + timedelta(seconds=5), "poll": NOON + timedelta(seconds=1)}
        assert shelves.jobs.next_due(["deliver", "poll", "seal"]) == first
        assert shelves.jobs.next_due(["seal"]) == {}
        assert shelves.jobs.next_due([]) == {}


def test_listed_is_ordered_by_time_and_limited(any_store):
    put(any_store, job("b", due_in_s=2), job("a", due_in_s=1), job("c", due_in_s=3))
    with any_store.reading() as shelves:
        assert [one.key for one in shelves.jobs.listed(JobState.READY, limit=2)] == ["a", "b"]
        assert shelves.jobs.count(JobState.READY) == 3


@pytest.mark.parametrize("threads", [4])
def test_threads_that_claim_at_once_never_share_a_job(any_store, threads):
    put(any_store, *(job(f"k{number}") for number in range(60)))
    taken: dict[str, list[str]] = {f"w{number}": [] for number in range(threads)}
    start = threading.Barrier(threads)

    def work(owner: str) -> None:
        start.wait()
        while claimed := claim(any_store, owner, limit=3):
            taken[owner] += [one.key for one in claimed]
        if hasattr(any_store, "hang_up"):
            any_store.hang_up()

    workers = [threading.Thread(target=work, args=(owner,)) for owner in taken]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    keys = [key for owned in taken.values() for key in owned]
    assert sorted(keys) == sorted(f"k{number}" for number in range(60))


def test_what_a_dead_owner_held_is_due_at_once_and_nothing_else(any_store):
    put(any_store, job("a"), job("b"), job("c", due_in_s=60))
    with any_store.transaction() as shelves:
        assert shelves.jobs.owners() == ()
        (first,) = shelves.jobs.claim(["deliver"], "dead", NOON, 30, 1)
        (second,) = shelves.jobs.claim(["deliver"], "alive", NOON, 30, 1)
        assert shelves.jobs.owners() == ("alive", "dead")
        shelves.jobs.release("dead", NOON)
        assert shelves.jobs.owners() == ("alive",)
        (again,) = shelves.jobs.claim(["deliver"], "new", NOON, 30, 9)
        assert (again.key, again.attempts) == (first.key, 2)
        assert shelves.jobs.get(second.key).owner == "alive"


def test_several_jobs_are_rescheduled_at_once(any_store):
    put(any_store, job("done", due_in_s=-1), job("waits", due_in_s=50, args={"step": "1"}))
    (held,) = claim(any_store)
    with any_store.transaction() as shelves:
        shelves.jobs.finish(held.key, "w1")
        shelves.jobs.reschedule_all(
            [job("waits", due_in_s=5, args={"step": "2"}), job("done", due_in_s=3), job("new")]
        )
        shelves.jobs.reschedule_all([])
    with any_store.reading() as shelves:
        assert shelves.jobs.get("waits").args == {"step": "2"}
        ready = shelves.jobs.listed(JobState.READY)
    assert [(one.key, one.owner, one.attempts) for one in ready] == [
        ("new", "", 0),
        ("done", "", 0),
        ("waits", "", 0),
    ]


def test_a_lease_is_renewed_for_those_that_are_still_held_only(any_store):
    put(any_store, job("a"), job("b"), job("c", kind="poll"), job("free", due_in_s=9))
    claim(any_store)
    claim(any_store, "w2", kinds=("poll",))
    with any_store.transaction() as shelves:
        shelves.jobs.finish("b", "w1")
        until = NOON + timedelta(seconds=40)
        assert shelves.jobs.renew(["a", "b", "c", "free", "unknown"], "w1", until) == ("a",)
    with any_store.reading() as shelves:
        assert (shelves.jobs.get("a").run_at, shelves.jobs.get("a").owner) == (until, "w1")
        assert shelves.jobs.get("c").run_at == NOON + timedelta(seconds=30)
