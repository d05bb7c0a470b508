"""Plays ask page by page, in the place that is named, and know the time from whoever calls."""

from __future__ import annotations

import pytest

from aws_rigs import AWS, KEY, Recording
from nouns import NOON
from tocsin.connectors.aws_actions.asking import (
    change,
    is_code,
    named,
    now,
    pages,
    placed,
    read,
    refused,
    seen_by,
)
from tocsin.domain.acting import CallFailed, Seen
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind


class Paged:
    """Answers with three pages."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def call(self, call):
        self.asked.append(call.parameters)
        return [{"found": 1, "NextToken": "b"}, {"found": 2, "NextToken": "c"}, {"found": 3}][
            len(self.asked) - 1
        ]


def test_every_page_is_asked_for_in_order() -> None:
    paged = Paged()
    found = drive(pages(read("aws.ecs", "ListTasks", {}, cluster="prod"), "NextToken"), lambda _: paged)
    assert [page["found"] for page in found] == [1, 2, 3]
    assert paged.asked == [
        {"cluster": "prod"},
        {"cluster": "prod", "NextToken": "b"},
        {"cluster": "prod", "NextToken": "c"},
    ]


def test_a_call_goes_to_the_region_that_is_named() -> None:
    assert placed("ecs", {}) == placed("ecs", {"region": ""}) == "aws.ecs"
    assert placed("ecs", {"region": "eu-west-3"}) == "aws.ecs.eu-west-3"


def test_a_change_says_so_and_hides_what_is_secret() -> None:
    call = change("aws.ssm", "PutParameter", None, ("Value",), Name="a", Value="b")
    assert (call.changes, call.secret, call.sample) == (True, ("Value",), {})
    assert call.parameters == {"Name": "a", "Value": "b"}
    assert not read("aws.ssm", "GetParameter", {}, Name="a").changes


def test_the_time_is_the_callers() -> None:
    AWS.clock.at = NOON
    caller = Recording()
    assert drive(now(), caller.of) == NOON
    assert rehearse(now()).given.tzinfo is not None


def test_what_is_as_it_was_wanted_was_done() -> None:
    def verify(arguments, kept):
        return arguments["is_so"]
        yield

    seen = seen_by(verify)
    assert drive(seen({"is_so": True}, {}, KEY), lambda _: AWS.caller) is Seen.DONE
    assert drive(seen({"is_so": False}, {}, KEY), lambda _: AWS.caller) is Seen.NOT_DONE


@pytest.mark.parametrize(
    ("value", "names"), [("a", ("a",)), (["a", "b", "a"], ("a", "b")), (None, ()), ("", ()), ((), ())]
)
def test_one_name_or_several_are_several_each_once(value, names) -> None:
    assert named(value) == names


def test_a_code_is_known_with_and_without_its_ending() -> None:
    failed = CallFailed(FailureKind.REFUSED, "no", code="WAFOptimisticLockException")
    assert is_code(failed, "WAFOptimisticLock")
    assert not is_code(failed, "NoSuchEntity")
    assert refused("no").kind is FailureKind.REFUSED
