"""Stops what runs in ECS: a service scaled to zero, its tasks replaced, one task ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.aws_actions.asking import REGION, change, pages, placed, read, refused, seen_by
from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Performer, Play
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Right,
    Undo,
)

_ARN = "arn:aws:ecs:eu-west-1:111122223333"
_LONGEST_REASON = 255
"""StopTask takes a reason of at most 255 characters (API reference of ECS)."""


def service_of(arguments: Arguments) -> Play[Mapping[str, Any]]:
    """Describe the service. Raises `CallFailed` where there is none."""
    cluster, name = arguments["cluster"], arguments["service"]
    deployments = [{"id": "ecs-svc/1", "status": "PRIMARY", "desiredCount": 1}]
    sample = {
        "serviceArn": f"{_ARN}:service/{cluster}/{name}",
        "serviceName": name,
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "deployments": deployments,
    }
    answer = yield read(
        placed("ecs", arguments),
        "DescribeServices",
        {"services": [sample]},
        cluster=cluster,
        services=[name],
    )
    for found in answer["services"]:
        if found["status"] == "ACTIVE":
            service: Mapping[str, Any] = found
            return service
    raise refused("there is no such service in that cluster")


def tasks_of(arguments: Arguments) -> Play[tuple[str, ...]]:
    """List the ARNs of the tasks that are to run now: of the service if one is named, else of the cluster."""
    cluster = arguments["cluster"]
    wanted = {"serviceName": arguments["service"]} if arguments.get("service") else {}
    found = yield from pages(
        read(
            placed("ecs", arguments),
            "ListTasks",
            {"taskArns": [f"{_ARN}:task/{cluster}/0123456789abcdef0123456789abcdef"]},
            cluster=cluster,
            desiredStatus="RUNNING",
            **wanted,
        ),
        "nextToken",
    )
    return tuple(arn for page in found for arn in page["taskArns"])


def _service_touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    tasks = yield from tasks_of(arguments)
    return {"services": (f"{arguments['cluster']}/{arguments['service']}",), "tasks": tasks}


def _count_of(arguments: Arguments) -> int:
    return int(arguments.get("count") or 0)


def _count_before(arguments: Arguments) -> Play[Kept]:
    service = yield from service_of(arguments)
    return {"count": int(service["desiredCount"])}


def _scale(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    count = _count_of(arguments)
    yield _set_count(arguments, count)
    return Outcome(
        text=f"{arguments['service']} is to run {count} tasks, before it was {kept['count']}.",
        output={"service": arguments["service"], "count": count, "count_before": kept["count"]},
    )


def _is_scaled(arguments: Arguments, kept: Kept) -> Play[bool]:
    service = yield from service_of(arguments)
    return bool(service["desiredCount"] == _count_of(arguments))


def _scale_back(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield _set_count(arguments, kept["count"])
    return Outcome(text=f"{arguments['service']} is to run {kept['count']} tasks as before.")


def _set_count(arguments: Arguments, count: int) -> Call:
    return change(
        placed("ecs", arguments),
        "UpdateService",
        None,
        cluster=arguments["cluster"],
        service=arguments["service"],
        desiredCount=count,
    )


def _primary(service: Mapping[str, Any]) -> str:
    return next((str(each["id"]) for each in service["deployments"] if each["status"] == "PRIMARY"), "")


def _deployment_before(arguments: Arguments) -> Play[Kept]:
    service = yield from service_of(arguments)
    return {"deployments": [str(each["id"]) for each in service["deployments"]]}


def _redeploy(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Begin a deployment, unless one has begun since `before` looked: each call is one more."""
    there = _primary((yield from service_of(arguments)))
    if there not in kept["deployments"]:
        return Outcome(
            text=f"{arguments['service']} is being deployed anew already.", output={"deployment": there}
        )
    answer = yield change(
        placed("ecs", arguments),
        "UpdateService",
        {"service": {"deployments": [{"id": "ecs-svc/2", "status": "PRIMARY"}]}},
        cluster=arguments["cluster"],
        service=arguments["service"],
        forceNewDeployment=True,
    )
    return Outcome(
        text=f"{arguments['service']} is being deployed anew; its tasks end as new ones get healthy.",
        output={"deployment": _primary(answer["service"])},
    )


def _is_redeployed(arguments: Arguments, kept: Kept) -> Play[bool]:
    return _primary((yield from service_of(arguments))) not in kept["deployments"]


def task_of(arguments: Arguments, task: str) -> Play[Mapping[str, Any] | None]:
    """Describe one task by its id or ARN; None where ECS knows it no longer, an hour after it ended."""
    cluster = arguments["cluster"]
    arn = task if task.startswith("arn:") else f"{_ARN}:task/{cluster}/{task}"
    sample = {
        "taskArn": arn,
        "taskDefinitionArn": f"{_ARN}:task-definition/web:1",
        "desiredStatus": "RUNNING",
        "lastStatus": "RUNNING",
    }
    answer = yield read(
        placed("ecs", arguments), "DescribeTasks", {"tasks": [sample]}, cluster=cluster, tasks=[task]
    )
    found: Mapping[str, Any] | None = next(iter(answer["tasks"]), None)
    return found


def _task_touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    task = yield from task_of(arguments, arguments["task"])
    if task is None:
        raise refused("there is no such task in that cluster")
    return {"tasks": (str(task["taskArn"]),)}


def _stop(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    reason = f"Stopped by Tocsin ({key}): {arguments.get('reason') or 'incident'}"
    yield change(
        placed("ecs", arguments),
        "StopTask",
        None,
        cluster=arguments["cluster"],
        task=arguments["task"],
        reason=reason[:_LONGEST_REASON],
    )
    return Outcome(text="The task is being stopped.", output={"task": arguments["task"]})


def _is_stopped(arguments: Arguments, kept: Kept) -> Play[bool]:
    task = yield from task_of(arguments, arguments["task"])
    return task is None or task["desiredStatus"] == "STOPPED"


_CLUSTER = Parameter(name="cluster", kind=ParameterKind.TEXT, summary="The cluster's name.")
_SERVICE = Parameter(name="service", kind=ParameterKind.TEXT, summary="The service's name.")
_DESCRIBE = Right(
    name="ecs:DescribeServices", why="To keep the count and deployments before, and to read back."
)
_LIST = Right(name="ecs:ListTasks", why="To know the tasks that run, whose logs are kept first.")
_UPDATE = Right(name="ecs:UpdateService", why="To scale the service or deploy it anew.")
_ONE = BlastRadius(unit="service", per_run=1, per_hour=10)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.ecs.scale",
            title="Scale a service of ECS, to zero unless said otherwise",
            action_class=ActionClass.CONTAIN,
            parameters=(
                _CLUSTER,
                _SERVICE,
                Parameter(
                    name="count",
                    kind=ParameterKind.NUMBER,
                    summary="How many tasks are to run; none if left out.",
                    required=False,
                ),
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A count that is set twice is set.",
            undo=Undo(does="Sets the count of before.", keeps=("desired count",)),
            residual=Residual(
                remains="Tasks run until they have stopped (30 s as a rule), and tasks started outside the "
                "service go on. Where its scaling is automatic, ECS may raise the count again.",
                closed_by="aws.ecs.stop_task",
            ),
            blast=_ONE,
            rights=(_DESCRIBE, _LIST, _UPDATE),
        ),
        objects=_service_touched,
        before=_count_before,
        perform=_scale,
        seen=seen_by(_is_scaled),
        verify=_is_scaled,
        undo=_scale_back,
    ),
    Performer(
        declaration=Declaration(
            name="aws.ecs.redeploy",
            title="Replace the tasks of a service of ECS",
            action_class=ActionClass.RECOVER,
            parameters=(_CLUSTER, _SERVICE, REGION),
            repeat=Repeat.LOOK_UP,
            repeat_rule="The service's deployments are looked at first: one that is newer than those of "
            "before is ours.",
            undo=None,
            no_undo="The memory of the tasks is lost when they end; keep their logs first.",
            residual=Residual(
                remains="Old tasks serve until the new ones are healthy; what is in the image stays in it.",
                closed_by="aws.ecs.scale",
            ),
            blast=_ONE,
            rights=(_DESCRIBE, _LIST, _UPDATE),
        ),
        objects=_service_touched,
        before=_deployment_before,
        perform=_redeploy,
        seen=seen_by(_is_redeployed),
        verify=_is_redeployed,
    ),
    Performer(
        declaration=Declaration(
            name="aws.ecs.stop_task",
            title="Stop one task of ECS",
            action_class=ActionClass.CONTAIN,
            parameters=(
                _CLUSTER,
                Parameter(name="task", kind=ParameterKind.TEXT, summary="The task's id or ARN."),
                Parameter(
                    name="reason", kind=ParameterKind.TEXT, summary="Why; ECS shows it.", required=False
                ),
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A task that is stopped twice is stopped.",
            undo=None,
            no_undo="A stopped task never runs again, and its memory is lost; a service starts another one.",
            residual=Residual(
                remains="A service starts another task of the same image at once.",
                closed_by="aws.ecs.scale",
            ),
            blast=BlastRadius(unit="task", per_run=1, per_hour=50),
            rights=(
                Right(name="ecs:DescribeTasks", why="To find the task, and to see that it stops."),
                Right(name="ecs:StopTask", why="To stop it."),
            ),
        ),
        objects=_task_touched,
        perform=_stop,
        seen=seen_by(_is_stopped),
        verify=_is_stopped,
    ),
)
