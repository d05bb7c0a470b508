"""AWS as moto plays it, and each action of ours set up in it: what it is given, and all there is to see."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.stub import Stubber
from moto import mock_aws
from moto.guardduty.responses import GuardDutyResponse
from moto.iam.models import AWSManagedPolicy, iam_backends

from nouns import NOON
from tocsin.connectors.aws_actions.caller import AwsCaller
from tocsin.connectors.aws_actions.performers import PERFORMERS
from tocsin.domain.acting import Call, Performer

REGION = "eu-west-1"
KEY = "0d7e3b52-6f5b-4a52-9f0a-3f6d7f3c1c11"
OPEN_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    },
    indent=2,
)
ALLOWED = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
BY_NAME = {each.declaration.name: each for each in PERFORMERS}


@dataclass(slots=True)
class Pushed:
    """A clock that is pushed."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Aws:
    """Clients that look from outside, and the caller that acts; clients are made once, since that is slow."""

    clock: Pushed = field(default_factory=Pushed)
    made: dict[tuple[str, str], Any] = field(default_factory=dict)
    caller: AwsCaller = field(init=False)

    def __post_init__(self) -> None:
        self.caller = AwsCaller(lambda service, region, attempts: self.new(service, region), self.clock)

    def __call__(self, service: str, region: str = REGION) -> Any:
        if (service, region) not in self.made:
            self.made[service, region] = self.new(service, region)
        return self.made[service, region]

    def new(self, service: str, region: str = "") -> Any:
        return boto3.client(
            service,
            region_name=region or REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


AWS = Aws()


@contextmanager
def stubbed(service: str, *answers: tuple[str, Mapping[str, Any], Any]) -> Iterator[AwsCaller]:
    """Answer the calls of one service in order, each checked against AWS's model, for what moto cannot play.

    A text instead of an answer refuses with that code.
    """
    client = AWS.new(service, REGION)
    with Stubber(client) as stubber:
        for operation, expected, answer in answers:
            if isinstance(answer, str):
                stubber.add_client_error(xform_name(operation), answer, expected_params=expected)
            else:
                stubber.add_response(xform_name(operation), answer, expected)
        yield AwsCaller(lambda *_: client, AWS.clock)
        stubber.assert_no_pending_responses()


@contextmanager
def played() -> Iterator[Aws]:
    """Play AWS for the length of a block, without the thousands of images and policies that take seconds."""
    AWS.clock.at = NOON
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "testing")
        patched.setenv("AWS_DEFAULT_REGION", REGION)
        patched.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        # Moto makes filters of GuardDuty and does not list them.
        patched.setattr(GuardDutyResponse, "list_filters", _list_filters, raising=False)
        with mock_aws():
            yield AWS


def _list_filters(response: GuardDutyResponse) -> str:
    detector = response.guardduty_backend.get_detector(response.path.split("/")[-2])
    return json.dumps({"filterNames": list(detector.filters)})


@contextmanager
def no_network() -> Iterator[None]:
    """Fail whoever opens a connection, and whoever asks moto in its place."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", asked)
        patched.setattr(socket, "getaddrinfo", asked)
        patched.setattr("botocore.client.BaseClient._make_api_call", asked)
        yield


class Killed(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Recording:
    """Makes the calls of another caller and remembers them; dies right after as many as it is told."""

    caller: Any = AWS.caller
    dies_after: int = -1
    calls: list[Call] = field(default_factory=list)

    def call(self, call: Call) -> Any:
        self.calls.append(call)
        answer = self.caller.call(call)
        if call.changes and sum(each.changes for each in self.calls) == self.dies_after:
            raise Killed
        return answer

    def of(self, service: str) -> Recording:
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """An action in AWS: `state` is all there is to see of what it touches.

    `learned` are parameters whose values are known only after reading; `moves` are parts of the state that an
    undo does not put back (the number of a version). What is not `is_told` leaves nothing to read back, and
    what is not `is_guessed` cannot be foreseen before anybody has looked.
    """

    performer: Performer
    arguments: Mapping[str, Any]
    state: Callable[[], Mapping[str, Any]]
    learned: frozenset[str] = frozenset()
    moves: frozenset[str] = frozenset()
    is_told: bool = True
    is_guessed: bool = True

    def put_back(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in state.items() if name not in self.moves}


def _plain(answer: Any) -> Any:
    return json.loads(json.dumps(answer, default=str, sort_keys=True))


def _role(aws: Aws, name: str) -> Rig:
    iam = aws("iam")
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=OPEN_TRUST)
    iam.put_role_policy(RoleName="deploy", PolicyName="work", PolicyDocument=ALLOWED)

    def state() -> Mapping[str, Any]:
        policies = iam.list_role_policies(RoleName="deploy")["PolicyNames"]
        read = {each: iam.get_role_policy(RoleName="deploy", PolicyName=each) for each in policies}
        return {
            "trust": iam.get_role(RoleName="deploy")["Role"]["AssumeRolePolicyDocument"],
            "policies": {each: _plain(answer["PolicyDocument"]) for each, answer in read.items()},
        }

    return Rig(
        performer=BY_NAME[name],
        arguments={"role": "deploy"},
        state=state,
        learned=frozenset({"PolicyDocument"}),
    )


def _revoked_role(aws: Aws, name: str) -> Rig:
    rig = _role(aws, name)
    earlier = {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": earlier}
    aws("iam").put_role_policy(
        RoleName="deploy",
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return rig


def _user(aws: Aws, name: str) -> Rig:
    iam = aws("iam")
    denies_all = {"DefaultVersionId": "v1", "Path": "/", "CreateDate": NOON.isoformat(), "Document": {}}
    denies_all["UpdateDate"] = denies_all["CreateDate"]
    iam_backends["123456789012"]["aws"].managed_policies["arn:aws:iam::aws:policy/AWSDenyAll"] = (
        AWSManagedPolicy.from_data("AWSDenyAll", "123456789012", REGION, denies_all)
    )
    iam.create_user(UserName="eve")
    iam.create_login_profile(UserName="eve", Password="Very-long-1-password")
    key = iam.create_access_key(UserName="eve")["AccessKey"]["AccessKeyId"]
    if name == "aws.iam.delete_key":
        iam.update_access_key(UserName="eve", AccessKeyId=key, Status="Inactive")

    def state() -> Mapping[str, Any]:
        try:
            login = iam.get_login_profile(UserName="eve")["LoginProfile"]["UserName"]
        except iam.exceptions.NoSuchEntityException:
            login = None
        keys = iam.list_access_keys(UserName="eve")["AccessKeyMetadata"]
        attached = iam.list_attached_user_policies(UserName="eve")["AttachedPolicies"]
        return {
            "keys": {each["AccessKeyId"]: each["Status"] for each in keys},
            "attached": attached,
            "login": login,
        }

    arguments = {"user": "eve", **({"access_key": key} if "key" in name else {})}
    return Rig(performer=BY_NAME[name], arguments=arguments, state=state)


def subnet_and_group(aws: Aws) -> tuple[str, str]:
    """Return a subnet, and a security group that lets nothing in or out."""
    ec2 = aws("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName="closed", Description="closed", VpcId=subnet["VpcId"])[
        "GroupId"
    ]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules)
    return subnet["SubnetId"], group


def running_service(aws: Aws) -> str:
    """Run a service of three tasks that writes its logs to CloudWatch; return the ARN of one task."""
    ecs = aws("ecs")
    subnet, group = subnet_and_group(aws)
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    ecs.create_cluster(clusterName="prod")
    options = {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs", "awslogs-region": REGION}
    container = {
        "name": "web",
        "image": "web:1",
        "memory": 64,
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    ecs.create_service(
        cluster="prod",
        serviceName="web",
        taskDefinition="web",
        desiredCount=3,
        launchType="FARGATE",
        networkConfiguration=network,
    )
    ran = ecs.run_task(
        cluster="prod", taskDefinition="web", count=3, launchType="FARGATE", networkConfiguration=network
    )
    return str(ran["tasks"][0]["taskArn"])


def _ecs(aws: Aws, name: str) -> Rig:
    task, ecs = running_service(aws), aws("ecs")

    def state() -> Mapping[str, Any]:
        (service,) = ecs.describe_services(cluster="prod", services=["web"])["services"]
        (described,) = ecs.describe_tasks(cluster="prod", tasks=[task])["tasks"]
        return {"count": service["desiredCount"], "task": described["desiredStatus"]}

    given = {"task": task, "reason": "runaway"} if "task" in name else {"service": "web"}
    return Rig(performer=BY_NAME[name], arguments={"cluster": "prod", **given}, state=state)


def _ssm(aws: Aws, name: str) -> Rig:
    ssm = aws("ssm")
    ssm.put_parameter(Name="/web/secret", Value="leaked", Type="SecureString", Description="of the web")

    def state() -> Mapping[str, Any]:
        found = ssm.get_parameter(Name="/web/secret", WithDecryption=True)["Parameter"]
        history = ssm.get_parameter_history(Name="/web/secret", WithDecryption=True)["Parameters"]
        return {
            "value": found["Value"],
            "type": found["Type"],
            "described": ssm.describe_parameters()["Parameters"][0].get("Description"),
            "versions": [(each["Version"], each["Value"], each["Labels"]) for each in history],
        }

    return Rig(
        performer=BY_NAME[name],
        arguments={"parameter": "/web/secret", "value": "brand-new-value"},
        state=state,
        learned=frozenset({"Description", "Tier", "DataType", "KeyId", "ParameterVersion"}),
        moves=frozenset({"versions"}),
    )


def _secret(aws: Aws, name: str) -> Rig:
    manager = aws("secretsmanager")
    manager.create_secret(Name="db", SecretString="first")
    manager.put_secret_value(SecretId="db", SecretString="leaked")

    def state() -> Mapping[str, Any]:
        stages = manager.describe_secret(SecretId="db")["VersionIdsToStages"]
        return {
            "value": manager.get_secret_value(SecretId="db", VersionStage="AWSCURRENT")["SecretString"],
            "stages": {version: sorted(each) for version, each in stages.items() if each},
        }

    return Rig(
        performer=BY_NAME[name],
        arguments={"secret": "db", "value": "brand-new-value"},
        state=state,
        learned=frozenset(),
    )


def _instance(aws: Aws, name: str, interfaces: int = 1) -> Rig:
    ec2 = aws("ec2")
    subnet, group = subnet_and_group(aws)
    made = ec2.run_instances(ImageId="ami-00000000", MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]
    instance = made["InstanceId"]
    for index in range(1, interfaces):
        more = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        ec2.attach_network_interface(NetworkInterfaceId=more, InstanceId=instance, DeviceIndex=index)

    def state() -> Mapping[str, Any]:
        (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        (found,) = reservation["Instances"]
        return {
            "own": found["SecurityGroups"],
            "groups": {each["NetworkInterfaceId"]: each["Groups"] for each in found["NetworkInterfaces"]},
            "tags": found.get("Tags", []),
        }

    return Rig(
        performer=BY_NAME[name],
        arguments={"instance": instance, "group": group},
        state=state,
        is_guessed=interfaces == 1,
    )


def _instance_of_two(aws: Aws, name: str) -> Rig:
    return _instance(aws, name, interfaces=2)


def _web_acl(aws: Aws) -> str:
    visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    rule = {
        "Name": "countries",
        "Priority": 0,
        "Statement": {"GeoMatchStatement": {"CountryCodes": ["KP"]}},
        "Action": {"Block": {}},
        "VisibilityConfig": visible,
    }
    made = aws("wafv2").create_web_acl(
        Name="edge",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Description="the edge",
        VisibilityConfig=visible,
        Rules=[rule],
    )
    return str(made["Summary"]["Id"])


def _waf_block(aws: Aws, name: str) -> Rig:
    waf = aws("wafv2")
    ids = {}
    for version, there in ((4, ["198.51.100.7/32", "203.0.113.0/28"]), (6, [])):
        made = waf.create_ip_set(
            Name=f"tocsin-blocked-ipv{version}",
            Scope="REGIONAL",
            Description="blocked",
            IPAddressVersion=f"IPV{version}",
            Addresses=there,
        )
        ids[made["Summary"]["Name"]] = made["Summary"]["Id"]

    def state() -> Mapping[str, Any]:
        return {
            each: {
                part: waf.get_ip_set(Name=each, Scope="REGIONAL", Id=id_)["IPSet"][part]
                for part in ("Addresses", "Description")
            }
            for each, id_ in ids.items()
        }

    return Rig(
        performer=BY_NAME[name],
        arguments={"ips": ["203.0.113.9", "198.51.100.7", "2001:db8::1"]},
        state=state,
        learned=frozenset({"Id", "LockToken", "Addresses", "Description"}),
    )


def _waf_rate(aws: Aws, name: str) -> Rig:
    waf, acl = aws("wafv2"), _web_acl(aws)

    def state() -> Mapping[str, Any]:
        found = waf.get_web_acl(Name="edge", Scope="REGIONAL", Id=acl)["WebACL"]
        return {part: _plain(found[part]) for part in ("Rules", "Description", "DefaultAction")}

    return Rig(
        performer=BY_NAME[name],
        arguments={"path": "/auth", "per_ip": 100, "window": timedelta(minutes=5)},
        state=state,
        learned=frozenset(
            {"Id", "Name", "LockToken", "Rules", "VisibilityConfig", "Description", "DefaultAction"}
        ),
    )


def _guardduty(aws: Aws, name: str) -> Rig:
    guard = aws("guardduty")
    detector = guard.create_detector(Enable=True)["DetectorId"]

    def state() -> Mapping[str, Any]:
        names = guard.list_filters(DetectorId=detector)["FilterNames"]
        filters = [guard.get_filter(DetectorId=detector, FilterName=each) for each in names]
        parts = ("Name", "Description", "Action", "FindingCriteria")
        return {"filters": [{part: each[part] for part in parts} for each in filters]}

    return Rig(
        performer=BY_NAME[name],
        arguments={
            "finding_type": "Recon:EC2/PortProbeUnprotectedPort",
            "instance": "i-0abc",
            "justification": "The scanner of our own auditors.",
        },
        state=state,
        learned=frozenset({"DetectorId"}),
    )


def _cognito(aws: Aws, name: str) -> Rig:
    idp = aws("cognito-idp")
    pool = idp.create_user_pool(PoolName="people")["UserPool"]["Id"]
    for user in ("eve", "ben"):
        mail = [{"Name": "email", "Value": f"{user}@x.example"}, {"Name": "email_verified", "Value": "true"}]
        idp.admin_create_user(UserPoolId=pool, Username=user, UserAttributes=mail)
        idp.admin_set_user_password(UserPoolId=pool, Username=user, Password="Very-1-long", Permanent=True)
        if name == "aws.cognito.enable_user":
            idp.admin_disable_user(UserPoolId=pool, Username=user)

    def state() -> Mapping[str, Any]:
        found = {user: idp.admin_get_user(UserPoolId=pool, Username=user) for user in ("eve", "ben")}
        return {user: (each["Enabled"], each["UserStatus"]) for user, each in found.items()}

    return Rig(
        performer=BY_NAME[name],
        arguments={"users": ["eve", "ben"]},
        state=state,
        learned=frozenset({"UserPoolId"}),
        is_told=name != "aws.cognito.revoke_sessions",
    )


def _rule(aws: Aws, name: str) -> Rig:
    events = aws("events")
    events.put_rule(Name="nightly", ScheduleExpression="rate(5 minutes)", Description="batch")

    def state() -> Mapping[str, Any]:
        found = events.describe_rule(Name="nightly")
        return {part: found.get(part) for part in ("State", "ScheduleExpression", "Description")}

    return Rig(performer=BY_NAME[name], arguments={"rule": "nightly"}, state=state)


def _schedule(aws: Aws, name: str) -> Rig:
    scheduler = aws("scheduler")
    target = {"Arn": "arn:aws:sqs:eu-west-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/r"}
    scheduler.create_schedule(
        Name="nightly",
        ScheduleExpression="cron(0 3 * * ? *)",
        ScheduleExpressionTimezone="Europe/Paris",
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        Target={**target, "Input": '{"job": "batch"}'},
        Description="batch",
        StartDate=datetime(2099, 1, 1, tzinfo=UTC),
    )

    def state() -> Mapping[str, Any]:
        found = scheduler.get_schedule(Name="nightly")
        changing = ("ResponseMetadata", "LastModificationDate", "CreationDate")
        return {part: _plain(value) for part, value in found.items() if part not in changing}

    return Rig(
        performer=BY_NAME[name],
        arguments={"schedule": "nightly"},
        state=state,
        learned=frozenset(
            {
                "ScheduleExpression",
                "ScheduleExpressionTimezone",
                "FlexibleTimeWindow",
                "Target",
                "Description",
                "StartDate",
                "ActionAfterCompletion",
            }
        ),
    )


def audit_bucket(aws: Aws) -> str:
    """Make a bucket that denies everybody to delete from it; return its policy."""
    s3 = aws("s3")
    where = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="trail", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
    kept = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
    s3.put_object_lock_configuration(
        Bucket="trail", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": kept}
    )
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": "arn:aws:s3:::trail/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="trail", Policy=policy)
    return policy


RIGS: Mapping[str, tuple[str, Callable[[Aws, str], Rig]]] = {
    "a role contained": ("aws.iam.contain_role", _role),
    "a role contained that was once before": ("aws.iam.contain_role", _revoked_role),
    "a trust policy closed": ("aws.iam.trust_policy", _role),
    "sessions revoked": ("aws.iam.revoke_sessions", _role),
    "sessions revoked that were once before": ("aws.iam.revoke_sessions", _revoked_role),
    "a user denied everything": ("aws.iam.deny_user", _user),
    "a key turned off": ("aws.iam.deactivate_key", _user),
    "a key deleted": ("aws.iam.delete_key", _user),
    "a login removed": ("aws.iam.remove_login", _user),
    "a service scaled to zero": ("aws.ecs.scale", _ecs),
    "a task stopped": ("aws.ecs.stop_task", _ecs),
    "a parameter replaced": ("aws.ssm.put", _ssm),
    "a secret replaced": ("aws.secretsmanager.put", _secret),
    "an instance isolated": ("aws.ec2.isolate", _instance),
    "an instance of two interfaces isolated": ("aws.ec2.isolate", _instance_of_two),
    "addresses blocked": ("aws.waf.block", _waf_block),
    "a path limited": ("aws.waf.rate_limit", _waf_rate),
    "findings suppressed": ("aws.guardduty.suppress", _guardduty),
    "people disabled": ("aws.cognito.disable_user", _cognito),
    "people enabled": ("aws.cognito.enable_user", _cognito),
    "people signed out": ("aws.cognito.revoke_sessions", _cognito),
    "passwords reset": ("aws.cognito.force_reset", _cognito),
    "a rule turned off": ("aws.events.disable_rule", _rule),
    "a schedule turned off": ("aws.scheduler.disable", _schedule),
}
"""What moto can play; deployments of ECS and CloudTrail's look-ups it cannot, and botocore's Stubber does."""


@contextmanager
def set_up(what: str) -> Iterator[Rig]:
    """Set up one action in AWS for the length of a block."""
    name, built = RIGS[what]
    with played() as aws:
        yield built(aws, name)
