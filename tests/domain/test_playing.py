"""A play is gone through for real or as a rehearsal, and its own handling of failures is used."""

from __future__ import annotations

import pytest

from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.playing import PlayEndless, drive, rehearse
from tocsin.domain.ports.delivery import FailureKind


def scale_to_zero(service):
    found = yield Call(service="aws.ecs", operation="DescribeServices", sample={"count": 3})
    try:
        yield Call(service="aws.ecs", operation="UpdateService", changes=True)
    except CallFailed as failed:
        return f"{service}: {failed.code}"
    return f"{service}: from {found['count']}"


class Ecs:
    def __init__(self, *, refuses=False):
        self.calls = []
        self._refuses = refuses

    def call(self, call):
        self.calls.append(call.operation)
        if call.changes and self._refuses:
            raise CallFailed(FailureKind.REFUSED, "no right", code="AccessDenied")
        return {"count": 7}


def test_each_call_is_made_by_the_caller_of_its_service():
    ecs = Ecs()
    assert drive(scale_to_zero("shop"), {"aws.ecs": ecs}.__getitem__) == "shop: from 7"
    assert ecs.calls == ["DescribeServices", "UpdateService"]


def test_a_failed_call_is_thrown_into_the_play():
    assert drive(scale_to_zero("shop"), lambda service: Ecs(refuses=True)) == "shop: AccessDenied"


def test_what_a_play_lets_pass_is_raised():
    def careless():
        yield Call(service="aws.ecs", operation="UpdateService", changes=True)

    with pytest.raises(CallFailed, match="no right"):
        drive(careless(), lambda service: Ecs(refuses=True))


def test_a_rehearsal_makes_no_call_and_lists_the_same_ones():
    rehearsed = rehearse(scale_to_zero("shop"))
    assert rehearsed.given == "shop: from 3"
    assert [call.operation for call in rehearsed.calls] == ["DescribeServices", "UpdateService"]


def test_a_play_without_calls_gives_at_once():
    def silent():
        return 7
        yield

    assert rehearse(silent()).given == 7


def test_a_play_that_never_ends_is_ended():
    def endless():
        while True:
            yield Call(service="aws.ecs", operation="ListTasks")

    with pytest.raises(PlayEndless):
        rehearse(endless())
