"""Deploys a build by its digest: docker compose, an ECS service, Kubernetes, or a GitHub deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.connectors.deploy.deployables import Deployable
from tocsin.domain.acting import Call, CallFailed, Play
from tocsin.domain.ports.delivery import FailureKind

_TASK_FIELDS = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "runtimePlatform",
)
"""What of a described task definition can be registered again."""
_WORKLOAD = "/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}"
_DEPLOYMENTS = "/repos/{owner}/{repo}/deployments"


def running_by(service: Deployable) -> Play[str]:
    """Read what runs now, in the words of the way it is deployed; empty where that cannot be told."""
    return (yield from _RUNNING[service.way](service))


def deployed_by(service: Deployable, digest: str, commit: str, key: str, *, running: str = "") -> Play[None]:
    """Deploy a build by its digest, or exactly what `running_by` told before. Raises `CallFailed`."""
    yield from _DEPLOYED[service.way](service, digest, commit, key, running)


def _compose_running(service: Deployable) -> Play[str]:
    found: str = yield Call(
        service="deploy",
        operation="ReadCompose",
        parameters={"file": service.place["file"], "service": service.place["service"]},
        sample="",
    )
    return found


def _compose(service: Deployable, digest: str, commit: str, key: str, running: str) -> Play[None]:
    image = running or f"{service.place['image']}@sha256:{digest}"
    yield Call(
        service="deploy",
        operation="ComposeUp",
        parameters={"file": service.place["file"], "service": service.place["service"], "image": image},
        changes=True,
    )


def _ecs_running(service: Deployable) -> Play[str]:
    answer = yield Call(
        service="aws.ecs",
        operation="DescribeServices",
        parameters={"cluster": service.place["cluster"], "services": [service.place["service"]]},
        sample={"services": [{"taskDefinition": "arn:aws:ecs:task-definition/sample:1"}]},
    )
    found = answer["services"]
    if not found:
        raise CallFailed(FailureKind.MISCONFIGURED, f"there is no ECS service {service.place['service']!r}")
    return str(found[0]["taskDefinition"])


def _ecs(service: Deployable, digest: str, commit: str, key: str, running: str) -> Play[None]:
    arn = running or (yield from _registered(service, digest))
    yield Call(
        service="aws.ecs",
        operation="UpdateService",
        parameters={
            "cluster": service.place["cluster"],
            "service": service.place["service"],
            "taskDefinition": arn,
        },
        changes=True,
    )


def _registered(service: Deployable, digest: str) -> Play[str]:
    """Register the running task definition with another image of one container, and return its ARN."""
    current = yield from _ecs_running(service)
    name = service.place["container"]
    described = yield Call(
        service="aws.ecs",
        operation="DescribeTaskDefinition",
        parameters={"taskDefinition": current},
        sample={"taskDefinition": {"containerDefinitions": [{"name": name, "image": "sample"}]}},
    )
    definition = described["taskDefinition"]
    containers = _with_image(definition["containerDefinitions"], name, digest)
    registered = yield Call(
        service="aws.ecs",
        operation="RegisterTaskDefinition",
        parameters={
            **{field: definition[field] for field in _TASK_FIELDS if field in definition},
            "containerDefinitions": containers,
        },
        changes=True,
        sample={"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:task-definition/sample:2"}},
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def _with_image(containers: Sequence[Mapping[str, Any]], name: str, digest: str) -> list[dict[str, Any]]:
    """Return the containers, the named one with its image by digest. Raises `CallFailed` if there is none."""
    if not any(each["name"] == name for each in containers):
        raise CallFailed(FailureKind.MISCONFIGURED, f"the task definition has no container {name!r}")
    return [
        {**each, "image": f"{_repository_of(each['image'])}@sha256:{digest}"}
        if each["name"] == name
        else {**each}
        for each in containers
    ]


def _repository_of(image: str) -> str:
    """Return an image's name without tag and digest; a colon before the last slash is a port."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}"


def _kubernetes_running(service: Deployable) -> Play[str]:
    workload = yield _workload(service)
    return next(
        (each["image"] for each in _containers(workload) if each["name"] == service.place["container"]), ""
    )


def _kubernetes(service: Deployable, digest: str, commit: str, key: str, running: str) -> Play[None]:
    workload = yield _workload(service)
    name = service.place["container"]
    if not any(each["name"] == name for each in _containers(workload)):
        raise CallFailed(FailureKind.MISCONFIGURED, f"the deployment has no container {name!r}")
    for each in _containers(workload):
        if each["name"] == name:
            each["image"] = running or f"{service.place['image']}@sha256:{digest}"
    # The whole object is put, so that its resourceVersion refuses a change that somebody made meanwhile.
    yield Call(
        service="kubernetes",
        operation=f"PUT {_WORKLOAD}",
        parameters={**_names(service), "body": workload},
        changes=True,
    )


def _workload(service: Deployable) -> Call:
    container = {"name": service.place["container"], "image": "sample"}
    return Call(
        service="kubernetes",
        operation=f"GET {_WORKLOAD}",
        parameters=_names(service),
        sample={"spec": {"template": {"spec": {"containers": [container]}}}},
    )


def _names(service: Deployable) -> dict[str, str]:
    return {name: service.place[name] for name in ("namespace", "deployment")}


def _containers(workload: Mapping[str, Any]) -> list[dict[str, Any]]:
    containers: list[dict[str, Any]] = workload["spec"]["template"]["spec"]["containers"]
    return containers


def _github_running(service: Deployable) -> Play[str]:
    return ""
    yield


def _github(service: Deployable, digest: str, commit: str, key: str, running: str) -> Play[None]:
    """Ask GitHub for a deployment, once for each key: the workflow that hears of it deploys the digest."""
    owner, _, repo = service.place["repository"].partition("/")
    where = {"owner": owner, "repo": repo}
    environment = service.place["environment"]
    known = yield Call(
        service="github",
        operation=f"GET {_DEPLOYMENTS}",
        parameters={**where, "query": {"environment": environment, "sha": commit}},
        sample=[],
    )
    if any(_key_in(each) == key for each in known):
        return
    yield Call(
        service="github",
        operation=f"POST {_DEPLOYMENTS}",
        parameters={
            **where,
            "body": {
                "ref": commit,
                "environment": environment,
                "required_contexts": [],
                "auto_merge": False,
                "payload": {"digest": f"sha256:{digest}", "key": key},
                "description": "Rollback by Tocsin",
            },
        },
        changes=True,
        sample={"id": 1},
    )


def _key_in(deployment: Mapping[str, Any]) -> str:
    payload = deployment.get("payload")
    return str(payload.get("key", "")) if isinstance(payload, Mapping) else ""


_RUNNING: Mapping[str, Callable[[Deployable], Play[str]]] = {
    "compose": _compose_running,
    "ecs": _ecs_running,
    "kubernetes": _kubernetes_running,
    "github": _github_running,
}
_DEPLOYED: Mapping[str, Callable[[Deployable, str, str, str, str], Play[None]]] = {
    "compose": _compose,
    "ecs": _ecs,
    "kubernetes": _kubernetes,
    "github": _github,
}
