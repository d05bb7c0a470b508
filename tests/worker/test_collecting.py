from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyrage
import pytest

from tocsin.app.evidence import callers_of
from tocsin.domain.acting import Call, CallFailed, Collector, Gathered
from tocsin.domain.action import Demand
from tocsin.domain.alert import AlertReport
from tocsin.domain.errors import Overloaded
from tocsin.domain.job import JobState
from tocsin.domain.ports.delivery import FailureKind
from tocsin.worker.collecting import NOTHING_THERE, Again, Collecting


class Partner:
    """Answers each call by its operation; an exception is raised."""

    def __init__(self, answers: dict[str, Any], meanwhile: Callable[[], object] = lambda: None) -> None:
        self.answers = answers
        self.meanwhile = meanwhile
        self.asked: list[Call] = []

    def call(self, call: Call) -> Any:
        self.asked.append(call)
        self.meanwhile()
        answer = self.answers[call.operation]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _tasks(arguments):
    """Read the log of each task; a log that is refused is a gap of that task alone."""
    gathered = []
    for task in arguments["of"] or ("any",):
        gap, content = "", b""
        try:
            content = yield Call(service="lab", operation=task, parameters={"cluster": arguments["cluster"]})
        except CallFailed as failed:
            if failed.kind is not FailureKind.REFUSED:
                raise
            gap = failed.reason
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        gathered.append(
            Gathered(name=f"{task}.log", media_type="text/plain", content=stream, of=task, gap=gap)
        )
    return tuple(gathered)


def _nothing(arguments):
    return ()
    yield


LOGS = Collector(
    name="logs.export", summary="Task logs", volatility=1, parameters=("cluster",), gather=_tasks
)
SECRETS = replace(LOGS, name="ssm.document", encrypts=True, parameters=())
NOTHING = replace(LOGS, name="nothing", gather=_nothing, parameters=())


@pytest.fixture
def incident(app):
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    report = AlertReport(source="prometheus", labels={"alertname": "A", "severity": "warning"})
    app.take.alerts(arrival, [report])
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(1)


@pytest.fixture
def respond(app):
    known = {each.name: each for each in (LOGS, NOTHING)}
    return replace(app.respond, collectors={**app.respond.collectors, **known})


@pytest.fixture
def collect(app, clock, incident, respond):
    """Ask for what an action needs, run all that is due, and return what became of it."""

    def collect(partner, *demands, respond=respond, recipients=(), tries=1):
        collecting = Collecting(respond, lambda service: partner, recipients)
        with app.store.transaction() as shelves:
            respond.collect_for(shelves, incident, demands, {"cluster": "prod", "count": 0})
        for _ in range(tries):
            clock.push(timedelta(seconds=20))
            with app.store.transaction() as shelves:
                jobs = shelves.jobs.claim(("collect",), "worker-1", clock.now(), 1.0, 10)
            for job in jobs:
                with app.store.reading() as shelves:
                    asked = respond.collect(shelves, job)
                outcome: object = None
                if job.args.get("collector") in {demand.collector for demand in demands}:
                    outcome = collecting.act(asked)
                with app.store.transaction() as shelves:
                    collecting.settle(shelves, job, outcome)
        with app.store.reading() as shelves:
            return shelves.exhibits.all()

    return collect


@pytest.fixture
def job(app, clock, incident):
    """The job of the collector of an open incident's alerts."""
    with app.store.transaction() as shelves:
        claimed = shelves.jobs.claim(("collect",), "worker-1", clock.now(), 30.0, 10)
    return next(job for job in claimed if "collector" not in job.args)


def _collected(app, job):
    with app.store.reading() as shelves:
        return app.respond.collect(shelves, job)


def _collecting(app):
    return Collecting(app.respond, callers_of(app))


def _bytes_of(app, exhibit) -> bytes:
    with app.locker.open(exhibit.digest) as content:
        return content.read()


def test_the_bytes_lie_in_the_locker_before_the_exhibit_is_written(app, job) -> None:
    collecting = _collecting(app)
    (stored,) = collecting.act(_collected(app, job))
    assert app.locker.digest_of(stored.digest) == stored.digest
    with app.store.transaction() as shelves:
        assert shelves.exhibits.all() == ()
        collecting.settle(shelves, job, (stored,))
        (exhibit,) = shelves.exhibits.all()
        assert (exhibit.digest, shelves.jobs.get(job.key).state) == (stored.digest, JobState.DONE)


def test_a_repeat_after_a_crash_keeps_the_same_exhibit_once(app, job) -> None:
    collecting = _collecting(app)
    for _ in range(2):
        stored = collecting.act(_collected(app, job))
        with app.store.transaction() as shelves:
            collecting.settle(shelves, job, stored)
    with app.store.reading() as shelves:
        assert len(shelves.exhibits.all()) == 1


def test_nothing_to_gather_ends_the_job(app, job) -> None:
    collecting = _collecting(app)
    gone = replace(job, args={"incident": str(uuid4())})
    assert collecting.act(_collected(app, gone)) == ()
    with app.store.transaction() as shelves:
        collecting.settle(shelves, job, ())
        assert shelves.jobs.get(job.key).state is JobState.DONE
        assert shelves.exhibits.all() == ()


def test_giving_up_is_said_in_the_incident(app, job) -> None:
    with app.store.transaction() as shelves:
        _collecting(app).effect().give_up(shelves, job, "OSError: no disk")
        assert shelves.timeline.since(0)[-1].kind == "exhibit.collection_failed"


def test_what_an_action_needs_is_kept_of_each_object_under_its_log_entry(app, collect) -> None:
    partner = Partner({"t-1": b"one", "t-2": b"two"})
    tasks = (Demand(collector="logs.export", of=task) for task in ("t-1", "t-2"))
    one, two = collect(partner, *tasks)
    assert [(each.collector, each.of, each.gap, _bytes_of(app, each)) for each in (one, two)] == [
        ("logs.export", "t-1", "", b"one"),
        ("logs.export", "t-2", "", b"two"),
    ]
    assert one.entry_id != two.entry_id
    assert {call.parameters["cluster"] for call in partner.asked} == {"prod"}
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        assert shelves.log.index_of(one.entry_id) is not None


def test_the_same_bytes_of_two_objects_are_two_exhibits(collect) -> None:
    partner = Partner({"t-1": b"same", "t-2": b"same"})
    kept = collect(
        partner, Demand(collector="logs.export", of="t-1"), Demand(collector="logs.export", of="t-2")
    )
    assert len(kept) == 2
    assert len({each.digest for each in kept}) == 1


def test_a_refusal_leaves_a_gap_that_says_what_failed(app, collect) -> None:
    refused = CallFailed(FailureKind.REFUSED, "AccessDenied: logs:FilterLogEvents")
    (gap,) = collect(Partner({"t-1": refused}), Demand(collector="logs.export", of="t-1"))
    assert (gap.gap, gap.of, gap.covers) == (refused.reason, "t-1", "logs.export")
    told = json.loads(_bytes_of(app, gap))
    assert told["could_not_collect_because"] == refused.reason
    assert told["incident"] == "INC-1"


@pytest.mark.parametrize(
    ("demand", "why"),
    [
        (Demand(collector="logs.exprot"), "no collector 'logs.exprot'"),
        (Demand(collector="nothing"), NOTHING_THERE),
        (Demand(collector="http.capture"), "nobody told it name"),
    ],
)
def test_what_cannot_be_asked_or_has_no_answer_is_a_gap(collect, demand, why) -> None:
    (gap,) = collect(Partner({}), demand)
    assert why in gap.gap


def test_an_empty_stream_is_a_gap_and_no_exhibit_of_nothing(collect) -> None:
    (gap,) = collect(Partner({"t-1": b""}), Demand(collector="logs.export", of="t-1"))
    assert gap.gap == NOTHING_THERE


def test_a_partner_that_is_busy_is_asked_again_and_at_last_a_gap(collect) -> None:
    busy = CallFailed(FailureKind.RETRY_LATER, "ThrottlingException")
    partner = Partner({"t-1": busy})
    assert collect(partner, Demand(collector="logs.export", of="t-1"), tries=2) == ()
    (gap,) = collect(partner, Demand(collector="logs.export", of="t-1"), tries=1)
    assert gap.gap == "ThrottlingException"
    assert len(partner.asked) == 3


def test_a_partner_that_recovers_leaves_no_gap(collect, app) -> None:
    partner = Partner({"t-1": CallFailed(FailureKind.RETRY_LATER, "busy")})
    demand = Demand(collector="logs.export", of="t-1")
    assert collect(partner, demand) == ()
    partner.answers["t-1"] = b"at last"
    (exhibit,) = collect(partner, demand)
    assert exhibit.gap == ""


def test_a_gap_can_be_asked_for_again(collect) -> None:
    demand = Demand(collector="logs.export", of="t-1")
    partner = Partner({"t-1": CallFailed(FailureKind.REFUSED, "AccessDenied")})
    collect(partner, demand)
    partner.answers["t-1"] = b"now"
    gap, exhibit = collect(partner, demand)
    assert (bool(gap.gap), bool(exhibit.gap)) == (True, False)


def test_time_that_is_over_is_a_gap_and_what_was_read_before_stays(app, clock, collect, respond) -> None:
    def both(arguments):
        first = yield Call(service="lab", operation="quick")
        clock_then = yield Call(service="lab", operation="slow")
        return (
            Gathered(name="a", media_type="text/plain", content=io.BytesIO(first)),
            Gathered(name="b", media_type="text/plain", content=clock_then),
        )

    class Late(io.BytesIO):
        def read(self, size=-1):
            clock.push(timedelta(seconds=200))
            return super().read(size)

    slow = replace(LOGS, name="slow", parameters=(), gather=both)
    respond = replace(respond, collectors={"slow": slow})
    kept, gap = collect(
        Partner({"quick": b"read", "slow": Late(b"never")}), Demand(collector="slow"), respond=respond
    )
    assert (_bytes_of(app, kept), kept.gap) == (b"read", "")
    assert gap.gap == "it did not finish within 120 s"


def test_no_call_is_made_after_the_time_is_over(clock, collect, respond) -> None:
    partner = Partner({"t-1": b"1", "any": b"2"}, meanwhile=lambda: clock.push(timedelta(seconds=200)))

    def twice(arguments):
        yield Call(service="lab", operation="t-1")
        yield Call(service="lab", operation="any")
        return ()

    endless = replace(LOGS, name="slow", parameters=(), gather=twice)
    (gap,) = collect(
        partner, Demand(collector="slow"), respond=replace(respond, collectors={"slow": endless})
    )
    assert gap.gap == "it did not finish within 120 s"
    assert len(partner.asked) == 1


def test_a_stream_that_breaks_off_is_a_gap(collect) -> None:
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise CallFailed(FailureKind.UNKNOWN, "the connection broke off")

    (gap,) = collect(Partner({"t-1": Broken(b"x")}), Demand(collector="logs.export", of="t-1"))
    assert gap.gap == "the connection broke off"


def test_a_partial_stream_is_kept_with_what_it_lacks(app, collect, respond) -> None:
    def half(arguments):
        content = yield Call(service="lab", operation="half")
        return (Gathered(name="h", media_type="", content=io.BytesIO(content), gap="page 2 was refused"),)

    known = {"half": replace(LOGS, name="half", parameters=(), gather=half)}
    (exhibit,) = collect(
        Partner({"half": b"page 1"}), Demand(collector="half"), respond=replace(respond, collectors=known)
    )
    assert (_bytes_of(app, exhibit), exhibit.gap) == (b"page 1", "page 2 was refused")


def test_a_full_disk_is_no_gap_but_tried_again_by_the_kernel(collect) -> None:
    full = Overloaded("full", means="Nothing.", next_step="Make room.")
    with pytest.raises(Overloaded):
        collect(Partner({"t-1": full}), Demand(collector="logs.export", of="t-1"))


def test_a_service_that_is_not_set_up_is_a_gap(app, collect, respond, incident) -> None:
    class Unset:
        def call(self, call):
            return callers_of(app)("nobody.calls.this")

    (gap,) = collect(Unset(), Demand(collector="logs.export", of="t-1"))
    assert "No connector calls the service" in gap.gap


def test_secrets_are_kept_only_encrypted_and_either_recipient_can_read_them(app, collect, respond) -> None:
    case, escrow = (pyrage.x25519.Identity.generate() for _ in range(2))
    respond = replace(respond, collectors={"ssm.document": SECRETS}, encrypts=True)
    secrets = replace(SECRETS, gather=lambda arguments: _tasks({**arguments, "cluster": ""}))
    respond = replace(respond, collectors={"ssm.document": secrets})
    (exhibit,) = collect(
        Partner({"/db/password": b"hunter2"}),
        Demand(collector="ssm.document", of="/db/password"),
        respond=respond,
        recipients=(str(case.to_public()), str(escrow.to_public())),
    )
    sealed = _bytes_of(app, exhibit)
    assert exhibit.encrypted
    assert exhibit.name.endswith(".age")
    assert b"hunter2" not in sealed
    assert {pyrage.decrypt(sealed, [each]) for each in (case, escrow)} == {b"hunter2"}


def test_without_recipients_a_secret_is_not_even_read(collect, respond) -> None:
    partner = Partner({"/db/password": b"hunter2"})
    respond = replace(respond, collectors={"ssm.document": SECRETS})
    (gap,) = collect(partner, Demand(collector="ssm.document", of="/db/password"), respond=respond)
    assert "TOCSIN_EVIDENCE_RECIPIENTS" in gap.gap
    assert partner.asked == []


def test_the_audit_trail_is_kept_as_it_stands_when_an_incident_opens(app, incident, clock) -> None:
    clock.push(timedelta(seconds=1))
    collecting = _collecting(app)
    with app.store.transaction() as shelves:
        jobs = shelves.jobs.claim(("collect",), "worker-1", clock.now(), 30.0, 10)
    (job,) = [job for job in jobs if job.args.get("collector") == "audit.snapshot"]
    stored = collecting.act(_collected(app, job))
    assert not isinstance(stored, Again)
    with app.store.transaction() as shelves:
        collecting.settle(shelves, job, stored)
        (exhibit,) = shelves.exhibits.all()
    told = json.loads(_bytes_of(app, exhibit))
    assert (exhibit.collector, told["sound"], told["incident"]) == ("audit.snapshot", True, "INC-1")
    assert "incident.opened" in {entry["kind"] for entry in told["entries"]}
