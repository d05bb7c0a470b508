"""Keeps the logs of tasks of ECS as they are in CloudWatch now, and what the tasks are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from tocsin.connectors.aws_actions.asking import is_code, named, placed, read, refused
from tocsin.connectors.aws_actions.ecs import service_of, task_of, tasks_of
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.domain.acting import Arguments, CallFailed, Collector, Gathered, Play

MOST_IN_MEMORY = 8_000_000
"""Bytes of a stream that stay in memory; a longer one lies on disk until it is kept."""


def _export(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep every log stream of each task that is asked for, or of a log group that is named."""
    if arguments.get("log_group"):
        return ((yield from _of_group(arguments)),)
    tasks = named(arguments.get("of")) or named(arguments.get("tasks") or arguments.get("task"))
    if not tasks:
        if not arguments.get("cluster"):
            raise refused("no task, cluster or log group was named")
        tasks = yield from tasks_of(arguments)
    streams: list[Gathered] = []
    for task in tasks:
        streams.append((yield from _of_task(_within_cluster(arguments, task), task)))
    return tuple(streams)


def _within_cluster(arguments: Arguments, task: str) -> Arguments:
    """Return the arguments with the task's cluster and region, which its ARN names."""
    parts = task.split(":", 5)
    path = parts[-1].split("/")
    if len(parts) == 6 and len(path) == 3:
        return {"region": parts[3], **arguments, "cluster": path[1]}
    return arguments


def _of_task(arguments: Arguments, task: str) -> Play[Gathered]:
    """Keep the streams of all containers of a task as one: what is half kept may not look whole."""
    described = yield from task_of(arguments, task)
    if described is None:
        return kept_as_json("task.json", None, of=task, source=task, gap="ECS knows the task no longer")
    answer = yield read(
        placed("ecs", arguments),
        "DescribeTaskDefinition",
        {"taskDefinition": {"containerDefinitions": [_CONTAINER]}},
        taskDefinition=described["taskDefinitionArn"],
    )
    containers = answer["taskDefinition"]["containerDefinitions"]
    streams = [_stream_of(container, task, arguments) for container in containers]
    written = [stream for stream in streams if stream is not None]
    if not written:
        gap = "no container of the task writes to a stream of its own in CloudWatch"
        return kept_as_json("task.json", described, of=task, source=task, gap=gap)
    return (yield from _kept(written, task))


_CONTAINER = {
    "name": "web",
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "log-group", "awslogs-stream-prefix": "prefix"},
    },
}


@dataclass(frozen=True, slots=True)
class _Stream:
    """One stream of CloudWatch Logs, the whole group if `name` is empty, and where it is read."""

    where: str
    group: str
    name: str


def _stream_of(container: Mapping[str, Any], task: str, arguments: Arguments) -> _Stream | None:
    """Return the stream of a container, which the driver awslogs calls prefix/container/task."""
    configured = container.get("logConfiguration") or {}
    options = configured.get("options") or {}
    prefix = options.get("awslogs-stream-prefix")
    if configured.get("logDriver") != "awslogs" or not prefix:
        return None
    region = options.get("awslogs-region") or arguments.get("region")
    name = f"{prefix}/{container['name']}/{task.rpartition('/')[2]}"
    return _Stream(placed("logs", {"region": region}), options["awslogs-group"], name)


def _of_group(arguments: Arguments) -> Play[Gathered]:
    group, name = str(arguments["log_group"]), str(arguments.get("log_stream") or "")
    return (yield from _kept([_Stream(placed("logs", arguments), group, name)], name or group))


def _kept(streams: Sequence[_Stream], of: str) -> Play[Gathered]:
    """Read the pages of each stream in order, an event a line; the last line holds every page's digest."""
    content = cast(BinaryIO, SpooledTemporaryFile(max_size=MOST_IN_MEMORY))  # noqa: SIM115
    found, absent = [], []
    for stream in streams:
        try:
            digests = yield from _paged(stream, content)
        except CallFailed as failed:
            if not is_code(failed, "ResourceNotFound"):
                raise
            # The driver makes the stream when the container starts: without one, somebody has deleted it.
            absent.append(f"{stream.group}:{stream.name}")
            continue
        found.append({"log_group": stream.group, "log_stream": stream.name, "pages": digests})
    content.write(_lines([{"streams": found, "absent": absent}]))
    content.seek(0)
    return Gathered(
        name="log.ndjson",
        media_type="application/x-ndjson",
        content=content,
        of=of,
        source=f"logs:{streams[0].group}:{streams[0].name}",
        gap=f"there is no log stream {', '.join(absent)[:300]}" if absent else "",
    )


def _paged(stream: _Stream, content: BinaryIO) -> Play[list[Mapping[str, Any]]]:
    given: dict[str, Any] = {"logStreamNames": [stream.name]} if stream.name else {}
    digests: list[Mapping[str, Any]] = []
    while True:
        page = yield read(stream.where, "FilterLogEvents", {"events": []}, logGroupName=stream.group, **given)
        lines = _lines(page["events"])
        content.write(lines)
        digests.append({"events": len(page["events"]), "sha256": hashlib.sha256(lines).hexdigest()})
        if not page.get("nextToken"):
            return digests
        given = {**given, "nextToken": page["nextToken"]}


def _lines(events: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(
        json.dumps(event, sort_keys=True, ensure_ascii=False).encode() + b"\n" for event in events
    )


def _tasks(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep what runs: the service with its deployments, and each of its tasks."""
    tasks = named(arguments.get("of")) or (yield from tasks_of(arguments))
    streams = []
    if arguments.get("service"):
        service = yield from service_of(arguments)
        source = str(service["serviceArn"])
        streams.append(kept_as_json("service.json", service, of=source, source=source))
    for task in tasks:
        described = yield from task_of(_within_cluster(arguments, task), task)
        gap = "" if described is not None else "ECS knows the task no longer"
        streams.append(kept_as_json("task.json", described, of=task, source=task, gap=gap))
    return tuple(streams)


COLLECTORS = (
    Collector(
        name="logs.export",
        summary="The logs of tasks of ECS, or of a log group, from CloudWatch, page by page in order.",
        volatility=1,
        parameters=(),
        options=("cluster", "service", "tasks", "task", "log_group", "log_stream", "region"),
        gather=_export,
        time_limit_s=600.0,
    ),
    Collector(
        name="ecs.tasks",
        summary="A service of ECS with its deployments, and the tasks that run.",
        volatility=0,
        parameters=("cluster",),
        options=("service", "region"),
        gather=_tasks,
    ),
)
