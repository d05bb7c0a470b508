"""Receivers are told in threads of their own; a fault of a notifier is a failed notification."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notification_rig import ONE, Rig
from tocsin.domain.job import JobState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.flow.flushing import Flush
from tocsin.flow.notify import FLUSH
from tocsin.worker.kernel import Kernel, Lane, Transition
from tocsin.worker.telling import Telling


class Notifier:
    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    def notify(self, notification, integration):
        self.keys.append(notification.key)
        answer = self.answers.pop(0) if self.answers else Receipt("200")
        if isinstance(answer, Exception):
            raise answer
        return answer


def worked(store, notifier, seconds=10):
    """Let an alert be flushed and told by a real kernel; return the rig."""
    rig = Rig(store).configure(ONE)
    rig.hear(alertname="A")
    telling = Telling("webhook", notifier, rig.notifying)
    lanes = [
        Lane({FLUSH: Transition(Flush(rig.routing, rig.clock).run)}),
        Lane({"notify.webhook": telling.effect()}),
    ]
    kernel = Kernel(store, rig.clock, lanes, owner="worker-1")
    for _ in range(seconds * 2):
        rig.clock.push(timedelta(seconds=0.5))
        kernel.run_due()
    return rig


def test_a_group_is_told_by_the_kernel(any_store):
    notifier = Notifier()
    rig = worked(any_store, notifier)
    assert len(notifier.keys) == 1
    assert rig.jobs(JobState.DEAD) == ()


@pytest.mark.parametrize(
    "fault", [DeliveryFailed(FailureKind.RETRY_LATER, "busy", status=503), ValueError("broken")]
)
def test_what_may_pass_is_tried_again_under_its_key(memory_store, fault):
    notifier = Notifier(fault)
    worked(memory_store, notifier, seconds=12)
    assert len(notifier.keys) == 2
    assert len(set(notifier.keys)) == 1


def test_a_kind_that_nobody_tells_is_a_dead_letter_that_says_so(memory_store):
    rig = worked(memory_store, None)
    (dead,) = rig.jobs(JobState.DEAD)
    assert "no connector of this Tocsin tells `webhook_configs`" in dead.last_error


def test_another_outcome_is_a_mistake(memory_store):
    telling = Telling("webhook", None, Rig(memory_store).notifying)
    with memory_store.transaction() as shelves, pytest.raises(TypeError):
        telling.settle(shelves, None, "nonsense")


def test_the_notifier_is_given_texts_and_no_templates(memory_store):
    class Told(Notifier):
        def notify(self, notification, integration):
            self.settings = integration.settings
            return super().notify(notification, integration)

    notifier = Told()
    rig = Rig(memory_store).configure(
        "route: {receiver: a, group_wait: 1s}\n"
        "receivers: [{name: a, slack_configs: [{api_url: 'http://s/', channel: a, text: '{{ .Status }}'}]}]\n"
    )
    rig.hear(alertname="A")
    rig.push(0)
    lanes = [
        Lane({FLUSH: Transition(Flush(rig.routing, rig.clock).run)}),
        Lane({"notify.slack": Telling("slack", notifier, rig.notifying).effect()}),
    ]
    kernel = Kernel(memory_store, rig.clock, lanes, owner="worker-1")
    for _ in range(4):
        rig.clock.push(timedelta(seconds=0.5))
        kernel.run_due()
    assert notifier.settings["text"] == "firing"
