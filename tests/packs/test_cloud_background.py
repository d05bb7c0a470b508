"""The cloud pack finds the steps of a recorded attack and stays quiet about the work beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tocsin.app import hunting
from tocsin.app.hunting import Hunted
from tocsin.app.packs import Packs

MOST_OUTSIDE = 30
STEPS = frozenset(
    [
        "AttachUserPolicy",
        "AuthorizeSecurityGroupIngress",
        "ConsoleLogin",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreateTrustAnchor",
        "DeleteFlowLogs",
        "DeleteTrail",
        "DescribeInstanceAttribute",
        "GetParameters",
        "GetPasswordData",
        "GetSecretValue",
        "LeaveOrganization",
        "ModifyDBSnapshotAttribute",
        "ModifyImageAttribute",
        "ModifySnapshotAttribute",
        "PutBucketLifecycle",
        "PutBucketPolicy",
        "PutEventSelectors",
        "RunInstances",
        "SendCommand",
        "StopLogging",
        "UpdateAssumeRolePolicy",
        "UpdateFunctionCode20150331v2",
        "AddPermission20150331v2",
    ]
)


@pytest.fixture(scope="module")
def hunted(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Hunted:
    packs = Packs(tmp_path_factory.mktemp("home"))
    plan = hunting.plan_for(hunting.rules_for(packs, [], ["cloud"]), hunting.levels(packs))
    file = shared / "data" / "cloudtrail-invictus.ndjson.gz"
    return hunting.hunt([file], plan, undated=datetime(1970, 1, 1, tzinfo=UTC), refuse=pytest.fail)


def _is_attack(record: dict[str, Any]) -> bool:
    """The simulation names itself in the user agent; its stolen role and the intruder's own user do not."""
    who, agent = record["userIdentity"], record.get("userAgent", "").lstrip("[")
    stolen = who.get("type") == "AssumedRole" and record["sourceIPAddress"] == "192.168.10.20"
    return agent.startswith("stratus-red-team") or stolen or who.get("userName") == "benjamin"


def _records(hunted: Hunted) -> list[dict[str, Any]]:
    return [orjson.loads(ref.raw) for alert in hunted.alerts for ref in alert.evidence]


def test_each_step_of_the_simulation_is_found(hunted: Hunted) -> None:
    found = {record["eventName"] for record in _records(hunted) if _is_attack(record)}
    assert STEPS - found == set()


def test_the_work_around_it_makes_few_hits(hunted: Hunted) -> None:
    outside = [record["eventName"] for record in _records(hunted) if not _is_attack(record)]
    assert len(outside) <= MOST_OUTSIDE, outside


def test_what_calls_a_person_is_few_and_right(hunted: Hunted) -> None:
    critical = {alert.rule_title for alert in hunted.alerts if alert.rule_level == "critical"}
    assert critical == {
        "AWS Account Leaves Its Organisation",
        "AWS New Administrator User With a Key",
        "AWS Trail Deleted",
        "AWS Trail Stopped",
    }
