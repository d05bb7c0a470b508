from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.domain.alert import AlertReport
from tocsin.domain.page import DeliveryState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.flow.bundles import NotNeeded
from tocsin.flow.deliver import Tried
from tocsin.worker.deliveries import Sending


class Wire:
    """A channel that does what it is told."""

    name = "inbox"
    is_real = False

    def __init__(self, outcome: Receipt | Exception) -> None:
        self.outcome = outcome
        self.sent: list[tuple[str, str]] = []

    def send(self, message, address: str) -> Receipt:
        self.sent.append((message.key, address))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def job(app, clock):
    """The job of the one notice of a small incident."""
    hearing = app.hearing
    arrival = hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    app.take.alerts(
        arrival, [AlertReport(source="prometheus", labels={"alertname": "A", "severity": "warning"})]
    )
    with app.store.transaction() as shelves:
        (claimed,) = shelves.jobs.claim(("deliver.inbox",), "worker-1", clock.now(), 30.0, 10)
    return claimed


def _outgoing(app, job):
    with app.store.reading() as shelves:
        return app.deliver.outgoing(shelves, job)


def _tried(app, job, wire: Wire | None) -> Receipt | DeliveryFailed:
    tried = Sending("inbox", wire, app.deliver).act(_outgoing(app, job))
    assert isinstance(tried, Tried)
    return tried.outcome


def _state(app, job) -> DeliveryState:
    with app.store.reading() as shelves:
        return shelves.pages.delivery(job.key).state


def test_a_message_is_sent_under_the_jobs_key(app, job) -> None:
    wire = Wire(Receipt("kept"))
    sending = Sending("inbox", wire, app.deliver)
    outcome = sending.act(_outgoing(app, job))
    with app.store.transaction() as shelves:
        sending.settle(shelves, job, outcome)
    assert isinstance(outcome, Tried)
    assert (outcome.outcome, wire.sent) == (Receipt("kept"), [(job.key, "administrators")])
    assert _state(app, job) is DeliveryState.DELIVERED


def test_each_try_is_kept_with_its_answer_its_length_and_the_digest_of_what_was_sent(app, job) -> None:
    sending = Sending("inbox", Wire(Receipt("kept")), app.deliver)
    tried = sending.act(_outgoing(app, job))
    with app.store.transaction() as shelves:
        sending.settle(shelves, job, tried)
        (attempt,) = shelves.pages.attempts([job.key])
    assert (attempt.outcome, attempt.answer, attempt.number) == ("delivered", "kept", 1)
    assert attempt.took_ms >= 0
    assert len(attempt.digest) == 64


def test_a_failure_is_an_outcome(app, job) -> None:
    failed = DeliveryFailed(FailureKind.RETRY_LATER, "503")
    assert _tried(app, job, Wire(failed)) is failed


def test_a_fault_of_a_channel_is_a_failure_of_unknown_kind_without_its_words(app, job) -> None:
    outcome = _tried(app, job, Wire(KeyError("hunter2")))
    assert isinstance(outcome, DeliveryFailed)
    assert (outcome.kind, outcome.reason) == (FailureKind.UNKNOWN, "the channel met a fault (KeyError)")


def test_a_channel_that_is_not_set_up_is_misconfigured(app, job) -> None:
    outcome = _tried(app, job, None)
    assert isinstance(outcome, DeliveryFailed)
    assert outcome.kind is FailureKind.MISCONFIGURED
    assert "'inbox' is not set up" in outcome.reason


def test_what_has_no_use_any_more_is_not_sent(app, job) -> None:
    wire = Wire(Receipt("kept"))
    outcome = Sending("inbox", wire, app.deliver).act(_outgoing(app, replace(job, key="notice-unknown")))
    assert (outcome, wire.sent) == (NotNeeded("its delivery is unknown"), [])


def test_a_message_that_could_never_be_made_is_dead(app, job) -> None:
    with app.store.transaction() as shelves:
        shelves.jobs.bury(job.key, job.owner, "ValueError: broken")
        Sending("inbox", None, app.deliver).give_up(shelves, job, "ValueError: broken")
    assert _state(app, job) is DeliveryState.DEAD


def test_a_delivery_cannot_end_as_anything_else(app, job) -> None:
    with app.store.transaction() as shelves, pytest.raises(TypeError):
        Sending("inbox", None, app.deliver).settle(shelves, job, "fine")
