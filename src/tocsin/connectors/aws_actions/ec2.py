"""Isolates an instance of EC2 by its security groups, and keeps snapshots of its disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    known,
    named,
    pages,
    placed,
    read,
    refused,
    seen_by,
)
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.domain.acting import (
    Arguments,
    Call,
    Collector,
    Gathered,
    Kept,
    Outcome,
    Performer,
    Play,
)
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

TAG = "tocsin:isolated"
"""On an isolated instance: our key."""
_OPEN = frozenset({"0.0.0.0/0", "::/0"})


def instance_of(arguments: Arguments, instance: str) -> Play[Mapping[str, Any]]:
    """Describe one instance. Raises `CallFailed` where there is none."""
    sample = {
        "InstanceId": instance,
        "SecurityGroups": [{"GroupId": "sg-0"}],
        "NetworkInterfaces": [{"NetworkInterfaceId": "eni-0", "Groups": [{"GroupId": "sg-0"}]}],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-0"}}],
        "Tags": [],
    }
    answer = yield read(
        placed("ec2", arguments),
        "DescribeInstances",
        {"Reservations": [{"Instances": [sample]}]},
        InstanceIds=[instance],
    )
    for reservation in answer["Reservations"]:
        for found in reservation["Instances"]:
            described: Mapping[str, Any] = found
            return described
    raise refused("there is no such instance")


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"instances": (str(arguments["instance"]),)})


def _interfaces(instance: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the groups of each interface; those of the only one are the instance's own."""
    interfaces = instance["NetworkInterfaces"]
    if len(interfaces) == 1:
        only = interfaces[0]["NetworkInterfaceId"]
        return {only: [group["GroupId"] for group in instance["SecurityGroups"]]}
    return {each["NetworkInterfaceId"]: [group["GroupId"] for group in each["Groups"]] for each in interfaces}


def _before(arguments: Arguments) -> Play[Kept]:
    instance = yield from instance_of(arguments, arguments["instance"])
    tags = {each["Key"]: each["Value"] for each in instance.get("Tags", ())}
    return {"interfaces": _interfaces(instance), "tag": tags.get(TAG)}


def _isolate(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    instance, group = arguments["instance"], arguments["group"]
    yield from _refuse_open(arguments)
    yield _tagged(arguments, key)
    yield from _set_groups(arguments, {each: [group] for each in kept["interfaces"]})
    return Outcome(
        text=f"{instance} is in the group {group} alone.",
        output={"instance": instance, "groups_before": dict(kept["interfaces"])},
    )


def _refuse_open(arguments: Arguments) -> Play[None]:
    """Raise `CallFailed` for a group that lets the whole internet in or out: it would isolate nothing."""
    sample: Any = {"SecurityGroups": [{"IpPermissions": [], "IpPermissionsEgress": []}]}
    answer = yield read(
        placed("ec2", arguments), "DescribeSecurityGroups", sample, GroupIds=[arguments["group"]]
    )
    for group in answer["SecurityGroups"]:
        for rule in (*group["IpPermissions"], *group["IpPermissionsEgress"]):
            ranges = [each.get("CidrIp") for each in rule.get("IpRanges", ())]
            ranges += [each.get("CidrIpv6") for each in rule.get("Ipv6Ranges", ())]
            if _OPEN.intersection(ranges):
                raise refused("that group is open to the internet, in or out, and would isolate nothing")


def _set_groups(arguments: Arguments, groups: Mapping[str, Sequence[str]]) -> Play[None]:
    where = placed("ec2", arguments)
    if len(groups) == 1:
        (wanted,) = groups.values()
        instance = arguments["instance"]
        yield change(where, "ModifyInstanceAttribute", None, InstanceId=instance, Groups=list(wanted))
        return
    # AWS refuses ModifyInstanceAttribute for an instance with several interfaces.
    for interface, wanted in groups.items():
        yield change(
            where,
            "ModifyNetworkInterfaceAttribute",
            None,
            NetworkInterfaceId=interface,
            Groups=list(wanted),
        )


def _tagged(arguments: Arguments, value: str) -> Call:
    return change(
        placed("ec2", arguments),
        "CreateTags",
        None,
        Resources=[arguments["instance"]],
        Tags=[{"Key": TAG, "Value": value}],
    )


def _is_isolated(arguments: Arguments, kept: Kept) -> Play[bool]:
    instance = yield from instance_of(arguments, arguments["instance"])
    return all(groups == [arguments["group"]] for groups in _interfaces(instance).values())


def _release(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield from _set_groups(arguments, kept["interfaces"])
    if kept["tag"] is not None:
        yield _tagged(arguments, kept["tag"])
    else:
        yield change(
            placed("ec2", arguments),
            "DeleteTags",
            None,
            Resources=[arguments["instance"]],
            Tags=[{"Key": TAG}],
        )
    return Outcome(text=f"{arguments['instance']} has its groups of before again.")


def _gather(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Begin snapshots of every disk, all of one instant, and keep what they are called."""
    streams = []
    for instance in named(arguments.get("of") or arguments.get("instance")):
        described = yield from instance_of(arguments, instance)
        snapshots = yield from _snapshots(arguments, instance)
        streams.append(
            kept_as_json(
                "instance.json",
                {"instance": described, "snapshots": snapshots},
                of=instance,
                source=f"ec2:{instance}",
                gap="" if snapshots else "the instance has no disks of which a snapshot can be made",
            )
        )
    if not streams:
        raise refused("no instance was named")
    return tuple(streams)


def _snapshots(arguments: Arguments, instance: str) -> Play[list[Any]]:
    """Return the snapshots of this incident, begun now if there are none: a second look makes no more."""
    where, incident = placed("ec2", arguments), str(arguments.get("incident", ""))
    tags = {"tocsin:incident": incident, "tocsin:instance": instance}
    found = yield from pages(
        read(
            where,
            "DescribeSnapshots",
            {"Snapshots": []},
            OwnerIds=["self"],
            Filters=[{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()],
        ),
        "NextToken",
    )
    there = [each for page in found for each in page["Snapshots"]]
    if there:
        return there
    answer = yield change(
        where,
        "CreateSnapshots",
        {"Snapshots": [{"SnapshotId": "snap-0", "VolumeId": "vol-0"}]},
        InstanceSpecification={"InstanceId": instance},
        Description=f"Evidence of {incident}, kept by Tocsin",
        TagSpecifications=[
            {
                "ResourceType": "snapshot",
                "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
            }
        ],
    )
    begun: list[Any] = answer["Snapshots"]
    return begun


COLLECTORS = (
    Collector(
        name="ec2.snapshot",
        summary="Snapshots of all disks of an instance, of one instant, and how the instance is set up.",
        volatility=4,
        parameters=("instance",),
        options=("region",),
        gather=_gather,
    ),
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.ec2.isolate",
            title="Isolate an instance of EC2 in a closed security group",
            action_class=ActionClass.CONTAIN,
            parameters=(
                Parameter(name="instance", kind=ParameterKind.TEXT, summary="The instance's id."),
                Parameter(
                    name="group",
                    kind=ParameterKind.TEXT,
                    summary="The id of a security group without rules that let the internet in or out.",
                ),
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="Groups that are set twice are set.",
            undo=Undo(
                does="Sets each interface's groups of before, and takes the tag off.",
                keeps=("security groups of each network interface", f"tag {TAG}"),
            ),
            residual=Residual(
                remains="Connections that are open and tracked may outlive the change of groups; the keys of "
                "its role work elsewhere. An Auto Scaling group may end an instance that looks ill.",
                closed_by="aws.iam.contain_role",
            ),
            blast=BlastRadius(unit="instance", per_run=1, per_hour=20),
            rights=(
                Right(name="ec2:DescribeInstances", why="To keep the groups before, and to read back."),
                Right(name="ec2:DescribeSecurityGroups", why="To see that the group isolates."),
                Right(name="ec2:CreateTags", why="To mark the instance, and snapshots."),
                Right(name="ec2:DeleteTags", why="To take the mark off again."),
                Right(name="ec2:ModifyInstanceAttribute", why="To set the groups."),
                Right(name="ec2:ModifyNetworkInterfaceAttribute", why="The same, where it has several."),
            ),
            needs=("ec2.snapshot",),
        ),
        objects=_touched,
        before=_before,
        perform=_isolate,
        seen=seen_by(_is_isolated),
        verify=_is_isolated,
        undo=_release,
    ),
)
