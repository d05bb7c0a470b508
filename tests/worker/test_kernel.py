from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from nouns import NOON, later
from tocsin.domain.errors import Overloaded
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.shelves import Shelves
from tocsin.worker.kernel import FAULTS_UNTIL_DEAD, LONGEST_REST_S, Effect, Kernel, Lane, Transition
from tocsin.worker.places import PATIENCE_S

FULL = Overloaded("The disk is full.", means="Nothing was kept.", next_step="Free space.")


def test_nothing_is_claimed_before_it_is_due(make_kernel, put, doings, job_of) -> None:
    put("a", after_s=0.4)
    assert make_kernel().turn() == pytest.approx(0.4)
    assert (doings.done, job_of("a").owner) == ([], "")


def test_a_kernel_with_nothing_to_do_rests_a_bounded_time(make_kernel, put) -> None:
    assert make_kernel().turn() == LONGEST_REST_S
    put("a", after_s=3600)
    assert make_kernel().turn() == LONGEST_REST_S


@pytest.mark.parametrize("kind", ["turn", "send"])
def test_what_is_due_is_done_once(make_kernel, put, doings, job_of, kind: str) -> None:
    put("a", kind=kind)
    kernel = make_kernel()
    kernel.run_due()
    kernel.run_due()
    assert (doings.done, job_of("a").state) == (["a"], JobState.DONE)


def test_a_transition_holds_what_it_needs_before_it_touches_its_own_row(memory_store, clock, put) -> None:
    seen: list[JobState] = []

    def look(shelves, job) -> None:
        seen.append(shelves.jobs.get(job.key).state)

    put("a", kind="turn")
    Kernel(memory_store, clock, [Lane({"turn": Transition(look, hold=look)})], "worker-1").run_due()
    assert seen == [JobState.READY, JobState.DONE]


def test_a_transition_that_fails_leaves_nothing_and_is_pushed_ahead(memory_store, clock, put, job_of) -> None:
    def half(shelves, job) -> None:
        shelves.jobs.put(Job(kind="other", key="half", run_at=NOON))
        raise RuntimeError("the other half")

    put("a", kind="turn")
    kernel = Kernel(memory_store, clock, [Lane({"turn": Transition(half)})], "worker-1")
    kernel.run_due()
    with memory_store.reading() as shelves:
        assert shelves.jobs.get("half") is None
    job = job_of("a")
    assert (job.state, job.run_at, job.last_error) == (
        JobState.READY,
        later(5),
        "RuntimeError: the other half",
    )


def test_one_poisoned_job_does_not_stop_the_others(memory_store, clock, put, job_of) -> None:
    def act(job: Job) -> object:
        if job.key == "poison":
            raise ValueError("poison")
        return None

    settle = lambda shelves, job, outcome: shelves.jobs.finish(job.key, job.owner)  # noqa: E731
    put("poison", "b", "c")
    Kernel(memory_store, clock, [Lane({"send": Effect(act, settle)}, 4)], "worker-1").run_due()
    assert [job_of(key).state for key in ("poison", "b", "c")] == [JobState.READY] + [JobState.DONE] * 2


def test_one_outcome_that_cannot_be_settled_does_not_hold_back_the_others(
    memory_store, clock, put, job_of
) -> None:
    def settle(shelves, job, outcome) -> None:
        if job.key == "poison":
            raise ValueError("poison")
        shelves.jobs.finish(job.key, job.owner)

    put("b", "poison", "c")
    kernel = Kernel(memory_store, clock, [Lane({"send": Effect(lambda job: 1, settle)}, 4)], "worker-1")
    kernel.run_due()
    assert [job_of(key).state for key in ("poison", "b", "c")] == [JobState.READY] + [JobState.DONE] * 2
    assert job_of("poison").last_error == "ValueError: poison"


def test_a_job_that_fails_every_time_is_buried_and_its_owner_told(
    make_kernel, put, doings, job_of, clock
) -> None:
    put("a")
    doings.fault = RuntimeError("x" * 9999)
    kernel = make_kernel()
    pushed = []
    for _ in range(FAULTS_UNTIL_DEAD):
        before = clock.now()
        kernel.run_due()
        pushed.append((job_of("a").run_at - before).total_seconds())
        clock.push(timedelta(seconds=60))
    assert job_of("a").state is JobState.DEAD
    assert pushed[:3] == [5, 10, 15]
    assert max(pushed) == 60
    assert len(doings.given_up) == 1
    assert len(job_of("a").last_error) == 500


def test_our_own_overload_never_buries_a_job(make_kernel, put, doings, job_of, clock) -> None:
    put("a")
    doings.fault = FULL
    kernel = make_kernel()
    for _ in range(FAULTS_UNTIL_DEAD + 5):
        kernel.run_due()
        clock.push(timedelta(seconds=60))
    doings.fault = None
    kernel.run_due()
    assert (job_of("a").state, doings.given_up) == (JobState.DONE, [])


def test_who_lost_the_lease_writes_nothing(make_kernel, put, doings, job_of, clock, memory_store) -> None:
    put("a")
    slow = make_kernel("slow")

    def taken_over(job: Job) -> object:
        clock.push(timedelta(seconds=31))
        with memory_store.transaction() as shelves:
            shelves.jobs.claim(("send",), "quick", clock.now(), 30.0, 1)
        return "a was done"

    slow.lanes = [Lane({"send": replace(slow.lanes[1].handlers["send"], act=taken_over)})]
    slow.run_due()
    assert (job_of("a").state, job_of("a").owner, job_of("a").attempts) == (JobState.READY, "quick", 2)


def test_a_transition_whose_job_was_taken_over_is_not_run(put, memory_store, clock, doings) -> None:
    put("a", kind="turn")

    def stolen(shelves, job) -> None:
        shelves.jobs.reschedule(replace(job, run_at=later(99), owner=""))

    kernel = Kernel(memory_store, clock, [Lane({"turn": Transition(doings.run, hold=stolen)})], "worker-1")
    kernel.run_due()
    assert doings.done == []


def test_a_job_whose_worker_died_is_done_by_another_after_its_lease(
    make_kernel, put, doings, job_of, memory_store, clock
) -> None:
    put("a")
    with memory_store.transaction() as shelves:
        shelves.jobs.claim(("send",), "dead", clock.now(), 30.0, 1)
    make_kernel().run_due()
    assert doings.done == []
    clock.push(timedelta(seconds=30))
    make_kernel().run_due()
    assert (doings.done, job_of("a").attempts) == (["a"], 2)


class _Shaky:
    """A store whose database goes away when it is told to."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.away_for: set[str] = set()

    def transaction(self):
        if "transaction" in self.away_for:
            raise FULL
        return self.inner.transaction()

    def reading(self):
        if "reading" in self.away_for:
            raise FULL
        return self.inner.reading()


@pytest.mark.parametrize("away_for", ["reading", "transaction"])
def test_an_outcome_is_kept_in_hand_while_the_database_is_away(
    memory_store, clock, put, doings, make_kernel, job_of, away_for: str
) -> None:
    put("a")
    kernel = make_kernel()
    kernel.store = shaky = _Shaky(memory_store)
    kernel.turn()
    shaky.away_for = {away_for}
    for _ in range(9):
        with pytest.raises(Overloaded):
            kernel.turn()
    shaky.away_for = set()
    put("b")
    kernel.run_due()
    assert (doings.done, job_of("a").state, job_of("b").state) == (
        ["a", "b"],
        JobState.DONE,
        JobState.DONE,
    )


def test_a_lane_takes_no_more_than_it_has_places_for_and_delays_no_other(
    memory_store, clock, put, doings, job_of
) -> None:
    class Later:
        """A pool that has not begun yet."""

        def __init__(self) -> None:
            self.waiting: list = []

        def submit(self, *call) -> None:
            self.waiting.append(call)

    hung = Later()
    settle = lambda shelves, job, outcome: shelves.jobs.finish(job.key, job.owner)  # noqa: E731
    effect = Effect(doings.act, settle)
    lanes = [Lane({"slow": effect}, 2, hung), Lane({"send": effect}, 2)]
    put("s1", "s2", "s3", kind="slow")
    put("a", "b", "c")
    kernel = Kernel(memory_store, clock, lanes, "worker-1")
    kernel.run_due()
    assert (len(hung.waiting), sorted(doings.done)) == (2, ["a", "b", "c"])
    assert job_of("s3").owner == ""
    for work, *arguments in hung.waiting[:]:
        work(*arguments)
    kernel.run_due()
    assert len(hung.waiting) == 3


def test_work_in_hand_is_finished_and_settled_when_the_kernel_closes(
    memory_store, clock, put, doings, job_of
) -> None:
    rings: list[int] = []
    settle = lambda shelves, job, outcome: shelves.jobs.finish(job.key, job.owner)  # noqa: E731
    lanes = [Lane({"send": Effect(doings.act, settle)}, 2, ThreadPoolExecutor(2))]
    put("a", "b")
    kernel = Kernel(memory_store, clock, lanes, "worker-1", ring=lambda: rings.append(1))
    kernel.turn()
    kernel.close()
    assert sorted(doings.done) == ["a", "b"]
    assert [job_of(key).state for key in "ab"] == [JobState.DONE] * 2
    assert len(rings) == 2


def test_what_cannot_be_prepared_stumbles_alone_and_the_others_are_sent(memory_store, clock) -> None:
    sent = []

    def prepare(shelves: Shelves, job: Job) -> object:
        if job.key == "b":
            raise KeyError("a field that is not there")
        return f"message of {job.key}"

    def settle(shelves: Shelves, job: Job, outcome: object) -> None:
        shelves.jobs.finish(job.key, job.owner)

    with memory_store.transaction() as shelves:
        for key in ("a", "b", "c"):
            shelves.jobs.put(Job(kind="send", key=key, run_at=clock.now()))
    lane = Lane({"send": Effect(sent.append, settle, prepare=prepare)}, 8)
    Kernel(memory_store, clock, [lane], "worker-1").run_due()
    assert sent == ["message of a", "message of c"]
    with memory_store.reading() as shelves:
        assert shelves.jobs.get("a").state is JobState.DONE
        stumbled = shelves.jobs.get("b")
        assert (stumbled.state, "KeyError" in stumbled.last_error) == (JobState.READY, True)


def test_what_a_dead_process_had_begun_does_not_wait_for_its_lease(
    make_kernel, put, doings, clock, memory_store
):
    put("a")
    put("b")
    with memory_store.transaction() as shelves:
        shelves.jobs.claim(("send", "turn"), "dead", clock.now(), 3600, 1)
        shelves.jobs.claim(("send", "turn"), "alive", clock.now(), 3600, 1)
    kernel = make_kernel()
    kernel.is_gone = lambda owner: owner == "dead"
    kernel.run_due()
    assert doings.done == ["a"]


class _Waiting:
    """A pool that begins when it is told to."""

    def __init__(self) -> None:
        self.calls: list = []

    def submit(self, *call) -> None:
        self.calls.append(call)

    def begin(self) -> None:
        for work, *arguments in self.calls:
            work(*arguments)
        self.calls.clear()


@pytest.fixture
def stopped(memory_store, clock, doings, put):
    """Return a kernel with one job claimed but not begun, its pool, and a function that lets time pass."""
    pool, at = _Waiting(), [0.0]
    settle = lambda shelves, job, outcome: shelves.jobs.finish(job.key, job.owner)  # noqa: E731
    kernel = Kernel(
        memory_store, clock, [Lane({"send": Effect(doings.act, settle)}, 2, pool)], "stale", lease_s=6.0
    )
    kernel._leases.timer = lambda: at[0]

    def passes(seconds: float) -> None:
        at[0] += seconds
        clock.push(timedelta(seconds=seconds))

    put("a")
    kernel.turn()
    return kernel, pool, passes


def test_who_was_stopped_for_longer_than_its_lease_sends_nothing(
    stopped, doings, make_kernel, job_of
) -> None:
    kernel, pool, passes = stopped
    passes(60)
    make_kernel("quick").run_due()
    assert (doings.done, job_of("a").state) == (["a"], JobState.DONE)
    pool.begin()
    kernel.turn()
    assert doings.done == ["a"], "the stale one sent nothing"
    assert kernel._places.free(0, 2, 0) == 2


def test_what_nobody_took_over_meanwhile_is_claimed_again(stopped, doings, job_of) -> None:
    kernel, pool, passes = stopped
    passes(60)
    pool.begin()
    assert doings.done == []
    kernel.turn()
    pool.begin()
    kernel.turn()
    assert (doings.done, job_of("a").state) == (["a"], JobState.DONE)


def test_work_that_takes_longer_than_a_lease_stays_ours(stopped, doings, make_kernel, job_of) -> None:
    kernel, pool, passes = stopped
    for _ in range(5):
        passes(2)
        kernel.turn()
        make_kernel("quick").run_due()
    assert (job_of("a").owner, doings.done) == ("stale", [])
    pool.begin()
    kernel.turn()
    assert (doings.done, job_of("a").state, job_of("a").attempts) == (["a"], JobState.DONE, 1)


def test_what_drags_on_holds_back_nothing_else(memory_store, clock, doings, put) -> None:
    pool, at = _Waiting(), [0.0]
    settle = lambda shelves, job, outcome: shelves.jobs.finish(job.key, job.owner)  # noqa: E731
    lane = Lane({"send": Effect(doings.act, settle)}, places=1, pool=pool, spare=1)
    kernel = Kernel(memory_store, clock, [lane], "worker-1")
    kernel._places.timer = lambda: at[0]
    for key in ("a", "b", "c"):
        put(key)
    kernel.turn()
    assert len(pool.calls) == 1
    assert kernel.turn() < PATIENCE_S, "it looks again when the first may drag on"
    at[0] += PATIENCE_S
    kernel.turn()
    kernel.turn()
    assert len(pool.calls) == 2, "one that drags on opens one place"
    for _ in range(2):
        pool.begin()
        kernel.turn()
    pool.begin()
    assert sorted(doings.done) == ["a", "b", "c"]
