"""A build is deployed by its digest on ECS, Kubernetes and by GitHub; docker compose is in test_rollback."""

from __future__ import annotations

import copy
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws
from test_deployables import SHORT

from tocsin.connectors.deploy.deployables import read_deployables
from tocsin.connectors.deploy.ways import deployed_by, running_by
from tocsin.domain.acting import CallFailed
from tocsin.domain.pack_file import parse
from tocsin.domain.playing import drive, rehearse

DIGEST = "a" * 64
ECS = {"cluster": "prod", "service": "shop", "container": "web"}
KUBERNETES = {"namespace": "prod", "deployment": "shop", "container": "web", "image": "registry/shop"}


def a_service(way, place):
    shop = read_deployables(parse(SHORT, "actions.yml")).named("shop")
    return replace(shop, way=way, place=place)


class Aws:
    """Calls moto by the operations' own names."""

    def __init__(self):
        self.ecs = boto3.client("ecs", region_name="eu-central-1")

    def call(self, call):
        snake = "".join(f"_{each.lower()}" if each.isupper() else each for each in call.operation)[1:]
        return getattr(self.ecs, snake)(**call.parameters)


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        aws = Aws()
        aws.ecs.create_cluster(clusterName="prod")
        aws.ecs.register_task_definition(
            family="shop",
            containerDefinitions=[
                {"name": "web", "image": "registry:5000/shop:1.2", "memory": 64},
                {"name": "log", "image": "log@sha256:00", "memory": 64},
            ],
        )
        aws.ecs.create_service(cluster="prod", serviceName="shop", taskDefinition="shop:1", desiredCount=1)
        yield aws


def images(aws):
    arn = aws.ecs.describe_services(cluster="prod", services=["shop"])["services"][0]["taskDefinition"]
    task = aws.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return {each["name"]: each["image"] for each in task["containerDefinitions"]}


def test_ecs_runs_the_digest_in_one_container_and_goes_back_to_the_old_definition(aws):
    service = a_service("ecs", ECS)
    before = drive(running_by(service), lambda name: aws)
    drive(deployed_by(service, DIGEST, "c", "k"), lambda name: aws)
    assert images(aws) == {"web": f"registry:5000/shop@sha256:{DIGEST}", "log": "log@sha256:00"}
    drive(deployed_by(service, "", "", "k", running=before), lambda name: aws)
    assert images(aws)["web"] == "registry:5000/shop:1.2"


def test_what_is_not_there_on_ecs_is_a_wrong_setting(aws):
    with pytest.raises(CallFailed, match="no container 'other'"):
        drive(
            deployed_by(a_service("ecs", {**ECS, "container": "other"}), DIGEST, "c", "k"), lambda name: aws
        )
    with pytest.raises(CallFailed, match="no ECS service 'other'"):
        drive(running_by(a_service("ecs", {**ECS, "service": "other"})), lambda name: aws)


class Cluster:
    """A Kubernetes API server with one deployment: it refuses an object that was changed meanwhile."""

    def __init__(self):
        containers = [{"name": "web", "image": "registry/shop:1"}, {"name": "log", "image": "log:1"}]
        self.workload = {
            "metadata": {"resourceVersion": "7"},
            "spec": {"template": {"spec": {"containers": containers}}},
        }

    def call(self, call):
        assert (call.parameters["namespace"], call.parameters["deployment"]) == ("prod", "shop")
        if call.operation.startswith("PUT"):
            body = call.parameters["body"]
            assert body["metadata"]["resourceVersion"] == self.workload["metadata"]["resourceVersion"]
            self.workload = copy.deepcopy(body)
        return copy.deepcopy(self.workload)


def test_kubernetes_runs_the_digest_and_goes_back():
    cluster, service = Cluster(), a_service("kubernetes", KUBERNETES)
    before = drive(running_by(service), lambda name: cluster)
    assert before == "registry/shop:1"
    drive(deployed_by(service, DIGEST, "c", "k"), lambda name: cluster)
    assert drive(running_by(service), lambda name: cluster) == f"registry/shop@sha256:{DIGEST}"
    assert cluster.workload["spec"]["template"]["spec"]["containers"][1]["image"] == "log:1"
    drive(deployed_by(service, "", "", "k", running=before), lambda name: cluster)
    assert drive(running_by(service), lambda name: cluster) == before


def test_a_container_that_is_not_there_on_kubernetes_is_a_wrong_setting():
    service = a_service("kubernetes", {**KUBERNETES, "container": "other"})
    assert drive(running_by(service), lambda name: Cluster()) == ""
    with pytest.raises(CallFailed, match="no container 'other'"):
        drive(deployed_by(service, DIGEST, "c", "k"), lambda name: Cluster())


class GitHub:
    """GitHub's deployments: as there, each POST makes another one."""

    def __init__(self):
        self.deployments = [{"id": 0, "payload": "text"}]

    def call(self, call):
        assert (call.parameters["owner"], call.parameters["repo"]) == ("o", "r")
        if call.operation.startswith("GET"):
            return self.deployments
        self.deployments.append({"id": len(self.deployments), **call.parameters["body"]})
        return self.deployments[-1]


def test_github_is_asked_once_for_a_key():
    github, service = GitHub(), a_service("github", {"repository": "o/r", "environment": "prod"})
    assert drive(running_by(service), lambda name: github) == ""
    for _ in range(2):
        drive(deployed_by(service, DIGEST, "c" * 40, "act-1"), lambda name: github)
    assert len(github.deployments) == 2
    assert github.deployments[1]["payload"] == {"digest": f"sha256:{DIGEST}", "key": "act-1"}
    assert github.deployments[1]["required_contexts"] == []


@pytest.mark.parametrize(
    ("way", "place", "changes"),
    [
        ("ecs", ECS, 2),
        ("kubernetes", KUBERNETES, 1),
        ("github", {"repository": "o/r", "environment": "p"}, 1),
    ],
)
def test_each_way_can_be_rehearsed(way, place, changes):
    calls = rehearse(deployed_by(a_service(way, place), DIGEST, "c", "k")).calls
    assert sum(call.changes for call in calls) == changes
