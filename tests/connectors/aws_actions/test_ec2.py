"""An instance is isolated only in a group that isolates, and its disks are kept first, once an incident."""

from __future__ import annotations

import json

import pytest

from aws_rigs import AWS, KEY, Recording, set_up
from tocsin.connectors.aws_actions.ec2 import COLLECTORS, TAG
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive, rehearse

(SNAPSHOT,) = COLLECTORS
WHAT = "an instance isolated"


@pytest.mark.parametrize("world", [{"CidrIp": "0.0.0.0/0"}, {"CidrIpv6": "::/0"}])
@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_a_group_that_is_open_to_the_internet_is_refused_before_anything_is_done(world, way: str) -> None:
    ranges = {"IpRanges": [world]} if "CidrIp" in world else {"Ipv6Ranges": [world]}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **ranges}
    with set_up(WHAT) as rig:
        open_up = getattr(AWS("ec2"), f"authorize_security_group_{way}")
        open_up(GroupId=rig.arguments["group"], IpPermissions=[rule])
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        untouched, caller = rig.state(), Recording()
        with pytest.raises(CallFailed, match="open to the internet"):
            drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
        assert not any(call.changes for call in caller.calls)
        assert rig.state() == untouched


def test_an_isolated_instance_says_by_which_action() -> None:
    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        assert {"Key": TAG, "Value": KEY} in rig.state()["tags"]
        # Isolated a second time by another action, the undo of that one leaves the first one's tag.
        again = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, again, "other"), Recording().of)
        drive(rig.performer.undo(rig.arguments, again, "other"), Recording().of)
        assert {"Key": TAG, "Value": KEY} in rig.state()["tags"]


def test_an_instance_that_is_not_there_is_refused() -> None:
    class Nothing:
        def call(self, call):
            return {"Reservations": []}

    with set_up(WHAT) as rig:
        with pytest.raises(CallFailed):
            drive(rig.performer.before({**rig.arguments, "instance": "i-00000000"}), Recording().of)
        with pytest.raises(CallFailed, match="no such instance"):
            drive(rig.performer.before(rig.arguments), lambda _: Nothing())


def test_every_disk_is_kept_once_an_incident() -> None:
    with set_up(WHAT) as rig:
        given = {"instance": rig.arguments["instance"], "incident": "INC-7"}
        first, again = (drive(SNAPSHOT.gather(given), Recording().of)[0] for _ in range(2))
        found = json.load(first.content)
        (snapshot,) = found["snapshots"]
        assert json.load(again.content)["snapshots"][0]["SnapshotId"] == snapshot["SnapshotId"]
        described = AWS("ec2").describe_snapshots(SnapshotIds=[snapshot["SnapshotId"]])["Snapshots"][0]
        tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
        drive(SNAPSHOT.gather({**given, "incident": "INC-8"}), Recording().of)
        ours = AWS("ec2").describe_snapshots(
            OwnerIds=["self"], Filters=[{"Name": "tag-key", "Values": list(tags)}]
        )
    assert tags == {"tocsin:incident": "INC-7", "tocsin:instance": given["instance"]}
    assert (first.of, first.gap) == (given["instance"], "")
    assert len(ours["Snapshots"]) == 2


def test_an_instance_without_disks_is_a_gap() -> None:
    class Diskless:
        def call(self, call):
            return {"Snapshots": []} if "Snapshots" in call.operation else call.sample

    (kept,) = drive(SNAPSHOT.gather({"of": ("i-1",)}), lambda _: Diskless())
    assert "no disks" in kept.gap
    with pytest.raises(CallFailed, match="no instance"):
        rehearse(SNAPSHOT.gather({}))
