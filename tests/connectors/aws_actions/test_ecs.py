"""Services and tasks of ECS; moto shows one deployment for ever, so a redeployment is stubbed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from aws_rigs import BY_NAME, KEY, Recording, no_network, played, running_service, set_up, stubbed
from tocsin.connectors.aws_actions.ecs import tasks_of
from tocsin.domain.acting import CallFailed, Seen
from tocsin.domain.playing import drive, rehearse

REDEPLOY = BY_NAME["aws.ecs.redeploy"]
GIVEN = {"cluster": "prod", "service": "web"}
LOOK = {"cluster": "prod", "services": ["web"]}
PUSH = {"cluster": "prod", "service": "web", "forceNewDeployment": True}


def described(*deployments: str) -> dict[str, Any]:
    """Return what ECS tells of a service, its newest deployment first."""
    found = [
        {"id": each, "status": "ACTIVE" if index else "PRIMARY"} for index, each in enumerate(deployments)
    ]
    return {"services": [{"serviceName": "web", "status": "ACTIVE", "deployments": found}]}


def test_stubbed_a_redeployment_is_begun_once_and_read_back() -> None:
    begun = {"service": described("new", "old")["services"][0]}
    with stubbed(
        "ecs",
        ("DescribeServices", LOOK, described("old")),
        ("DescribeServices", LOOK, described("old")),
        ("DescribeServices", LOOK, described("old")),
        ("UpdateService", PUSH, begun),
        ("DescribeServices", LOOK, described("new", "old")),
        ("DescribeServices", LOOK, described("new")),
        ("DescribeServices", LOOK, described("new")),
    ) as caller:
        kept = drive(REDEPLOY.before(GIVEN), lambda _: caller)
        assert drive(REDEPLOY.seen(GIVEN, kept, KEY), lambda _: caller) is Seen.NOT_DONE
        first = drive(REDEPLOY.perform(GIVEN, kept, KEY), lambda _: caller)
        # A second one, or one after a kill, finds the deployment there and begins none.
        again = drive(REDEPLOY.perform(GIVEN, kept, KEY), lambda _: caller)
        assert first.output == again.output == {"deployment": "new"}
        assert drive(REDEPLOY.seen(GIVEN, kept, KEY), lambda _: caller) is Seen.DONE
        assert drive(REDEPLOY.verify(GIVEN, kept), lambda _: caller) is True


def test_a_redeployment_is_rehearsed_in_silence() -> None:
    with no_network():
        kept = rehearse(REDEPLOY.before(GIVEN)).given
        calls = rehearse(REDEPLOY.perform(GIVEN, kept, KEY)).calls
        looks = rehearse(REDEPLOY.verify(GIVEN, kept)).calls
    assert [(call.operation, call.changes) for call in calls] == [
        ("DescribeServices", False),
        ("UpdateService", True),
    ]
    assert calls[1].parameters == PUSH
    assert not any(call.changes for call in looks)
    asked = {right.name for right in REDEPLOY.declaration.rights}
    assert {f"ecs:{call.operation}" for call in calls} <= asked


def test_a_service_that_is_gone_is_refused() -> None:
    gone = {"services": [{"serviceName": "web", "status": "INACTIVE"}]}
    with (
        stubbed("ecs", ("DescribeServices", LOOK, gone)) as caller,
        pytest.raises(CallFailed, match="no such service"),
    ):
        drive(REDEPLOY.before(GIVEN), lambda _: caller)


def test_a_service_may_be_scaled_to_any_count() -> None:
    with set_up("a service scaled to zero") as rig:
        given = {**rig.arguments, "count": 1}
        told = drive(rig.performer.perform(given, {"count": 3}, KEY), Recording().of)
        assert (rig.state()["count"], told.output["count_before"]) == (1, 3)
        assert drive(rig.performer.verify(given, {}), Recording().of) is True


@contextmanager
def running():
    with played() as aws:
        yield running_service(aws)


def test_what_is_touched_are_the_tasks_that_run_now() -> None:
    with running() as task:
        objects = drive(BY_NAME["aws.ecs.scale"].objects(GIVEN), Recording().of)
        assert len(objects["tasks"]) == 3
        assert task in objects["tasks"]
        assert drive(tasks_of({"cluster": "prod"}), Recording().of) == objects["tasks"]
        stop = BY_NAME["aws.ecs.stop_task"]
        by_id = {"cluster": "prod", "task": task.rpartition("/")[2]}
        assert drive(stop.objects(by_id), Recording().of) == {"tasks": (task,)}
        with pytest.raises(CallFailed):
            drive(stop.objects({"cluster": "prod", "task": "f" * 32}), Recording().of)


def test_stubbed_a_task_that_ecs_has_forgotten_is_stopped() -> None:
    looked = {"cluster": "prod", "tasks": ["t"]}
    with stubbed("ecs", ("DescribeTasks", looked, {"tasks": []})) as caller:
        verify = BY_NAME["aws.ecs.stop_task"].verify({"cluster": "prod", "task": "t"}, {})
        assert drive(verify, lambda _: caller) is True


def test_a_reason_is_no_longer_than_ecs_takes() -> None:
    given = {"cluster": "prod", "task": "t", "reason": "x" * 400}
    (call,) = rehearse(BY_NAME["aws.ecs.stop_task"].perform(given, {}, KEY)).calls
    assert len(call.parameters["reason"]) == 255
