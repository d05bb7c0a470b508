"""The logs of tasks are kept whole, in order, and bound to the task that wrote them."""

from __future__ import annotations

import hashlib
import json

import pytest

from aws_rigs import AWS, Recording, played, running_service
from tocsin.connectors.aws_actions.task_logs import COLLECTORS
from tocsin.domain.acting import CallFailed
from tocsin.domain.clock import SystemClock
from tocsin.domain.playing import drive, rehearse

EXPORT, TASKS = COLLECTORS


@pytest.fixture
def task():
    with played() as aws:
        arn = running_service(aws)
        aws("logs").create_log_group(logGroupName="/ecs/web")
        for each in aws("ecs").list_tasks(cluster="prod")["taskArns"]:
            written(each.rpartition("/")[2], ["started", "grüße"] if each == arn else [])
        yield arn


def written(task: str, lines: list[str]) -> None:
    logs, stream = AWS("logs"), f"ecs/web/{task}"
    logs.create_log_stream(logGroupName="/ecs/web", logStreamName=stream)
    # CloudWatch, and moto with it, takes no events of long ago.
    begin = int(SystemClock().now().timestamp() * 1000) - 60_000
    if lines:
        events = [{"timestamp": begin + n, "message": line} for n, line in enumerate(lines)]
        logs.put_log_events(logGroupName="/ecs/web", logStreamName=stream, logEvents=events)


def lines_of(stream) -> list:
    return [json.loads(line) for line in stream.content.read().decode().splitlines()]


def test_each_task_has_its_own_exhibit(task: str) -> None:
    caller = Recording()
    kept = drive(EXPORT.gather({"cluster": "prod", "service": "web", "of": ()}), caller.of)
    assert len({each.of for each in kept}) == 3
    (ours,) = [each for each in kept if each.of == task]
    *events, last = lines_of(ours)
    assert [event["message"] for event in events] == ["started", "grüße"]
    assert [page["events"] for page in last["streams"][0]["pages"]] == [2]
    assert not any(call.changes for call in caller.calls)
    assert {"region": ours.of.split(":")[3]} == {"region": "eu-west-1"}


def test_the_digest_of_each_page_is_that_of_its_lines(task: str) -> None:
    (kept,) = drive(EXPORT.gather({"of": (task,)}), Recording().of)
    lines = kept.content.read().splitlines(keepends=True)
    (page,) = json.loads(lines[-1])["streams"][0]["pages"]
    assert hashlib.sha256(b"".join(lines[:-1])).hexdigest() == page["sha256"]
    assert kept.of == task


def test_a_task_that_wrote_nothing_is_kept_too(task: str) -> None:
    (other,) = [each for each in AWS("ecs").list_tasks(cluster="prod")["taskArns"] if each != task][:1]
    (kept,) = drive(EXPORT.gather({"of": other}), Recording().of)
    assert [line["streams"][0]["pages"][0]["events"] for line in lines_of(kept)] == [0]
    assert kept.gap == ""


class Paged:
    """Gives a log in pages, of which one is empty, as CloudWatch does."""

    pages = (
        {"events": [{"message": "a"}], "nextToken": "2"},
        {"events": [], "nextToken": "3"},
        {"events": []},
    )

    def __init__(self, definition=None, tasks=None) -> None:
        self.asked: list = []
        self.definition = definition
        self.tasks = tasks

    def call(self, call):
        if call.operation == "DescribeTaskDefinition" and self.definition is not None:
            return {"taskDefinition": {"containerDefinitions": self.definition}}
        if call.operation == "DescribeTasks" and self.tasks is not None:
            return {"tasks": self.tasks}
        if call.operation != "FilterLogEvents":
            return call.sample
        self.asked.append(call)
        return self.pages[int(call.parameters.get("nextToken", 1)) - 1]


def test_every_page_is_read_even_after_an_empty_one() -> None:
    paged = Paged()
    given = {"log_group": "/app", "log_stream": "one", "region": "eu-west-3"}
    (kept,) = drive(EXPORT.gather(given), lambda _: paged)
    assert [call.parameters.get("nextToken") for call in paged.asked] == [None, "2", "3"]
    assert {call.service for call in paged.asked} == {"aws.logs.eu-west-3"}
    assert [page["events"] for page in lines_of(kept)[-1]["streams"][0]["pages"]] == [1, 0, 0]
    assert (kept.of, kept.source) == ("one", "logs:/app:one")
    (whole,) = drive(EXPORT.gather({"log_group": "/app"}), lambda _: Paged())
    assert whole.of == "/app"


AWSLOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-stream-prefix": "p"}}


def test_all_containers_of_a_task_are_one_exhibit() -> None:
    paged = Paged(
        [{"name": "web", "logConfiguration": AWSLOGS}, {"name": "log", "logConfiguration": AWSLOGS}]
    )
    arn = "arn:aws:ecs:eu-west-3:1:task/prod/abc"
    (kept,) = drive(EXPORT.gather({"tasks": [arn]}), lambda _: paged)
    streams = lines_of(kept)[-1]["streams"]
    assert [each["log_stream"] for each in streams] == ["p/web/abc", "p/log/abc"]
    assert {call.service for call in paged.asked} == {"aws.logs.eu-west-3"}


@pytest.mark.parametrize(
    "logging",
    [
        {},
        {"logConfiguration": {"logDriver": "awsfirelens", "options": {}}},
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}},
    ],
)
def test_a_task_without_a_stream_of_its_own_is_a_gap(logging) -> None:
    paged = Paged([{"name": "web", **logging}])
    (kept,) = drive(EXPORT.gather({"cluster": "prod", "task": "abc"}), lambda _: paged)
    assert "no container" in kept.gap
    assert kept.of == "abc"


def test_a_task_that_ecs_has_forgotten_is_a_gap() -> None:
    for collector in COLLECTORS:
        (kept,) = drive(collector.gather({"cluster": "prod", "of": ("t",)}), lambda _: Paged(tasks=[]))
        assert kept.gap == "ECS knows the task no longer"


def test_something_has_to_be_named() -> None:
    with pytest.raises(CallFailed, match="no task, cluster or log group"):
        rehearse(EXPORT.gather({}))


def test_what_runs_is_kept_before_it_is_changed(task: str) -> None:
    service, *tasks = drive(TASKS.gather({"cluster": "prod", "service": "web"}), Recording().of)
    assert json.load(service.content)["desiredCount"] == 3
    assert task in {each.of for each in tasks}
    assert len(tasks) == 3
    assert not any(call.changes for call in rehearse(TASKS.gather({"cluster": "prod"})).calls)


def test_a_stream_that_is_gone_is_a_gap_of_its_task_alone() -> None:
    """Moto answers with nothing where AWS refuses."""

    class Deleted(Paged):
        def call(self, call):
            if call.parameters.get("logStreamNames") == ["p/log/abc"]:
                raise CallFailed("refused", "no", code="ResourceNotFoundException")
            return super().call(call)

    both = [{"name": "web", "logConfiguration": AWSLOGS}, {"name": "log", "logConfiguration": AWSLOGS}]
    first, second = drive(EXPORT.gather({"cluster": "c", "of": ("abc", "def")}), lambda _: Deleted(both))
    assert first.gap == "there is no log stream g:p/log/abc"
    assert lines_of(first)[-1]["absent"] == ["g:p/log/abc"]
    assert (second.of, second.gap) == ("def", "")


def test_another_failure_of_a_look_at_logs_is_no_absence() -> None:
    class Denied(Paged):
        def call(self, call):
            if call.operation == "FilterLogEvents":
                raise CallFailed("misconfigured", "no", code="AccessDeniedException")
            return call.sample

    with pytest.raises(CallFailed, match="no"):
        drive(EXPORT.gather({"log_group": "/app"}), lambda _: Denied())
