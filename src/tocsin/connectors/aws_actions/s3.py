"""Looks at whether the bucket of the audit trail still keeps what is in it: policy, lock, versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tocsin.connectors.aws_actions.asking import REGION, named, placed, read, refused
from tocsin.connectors.aws_actions.reading import nothing_to_verify, read_again
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.domain.acting import (
    Arguments,
    CallFailed,
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
)

_LOOKS: tuple[tuple[str, str, Any], ...] = (
    ("policy", "GetBucketPolicy", {"Policy": '{"Statement": []}'}),
    ("status", "GetBucketPolicyStatus", {"PolicyStatus": {"IsPublic": False}}),
    ("lock", "GetObjectLockConfiguration", {"ObjectLockConfiguration": {}}),
    ("versioning", "GetBucketVersioning", {}),
    ("acl", "GetBucketAcl", {}),
)
_ABSENT = frozenset({"NoSuchBucketPolicy", "ObjectLockConfigurationNotFoundError"})
_DELETES = frozenset({"s3:DeleteObject", "s3:Delete*", "s3:*", "*"})


def state_of(arguments: Arguments, bucket: str) -> Play[Mapping[str, Any]]:
    """Read all that guards a bucket; what it does not have is None. Raises `CallFailed`."""
    found: dict[str, Any] = {"bucket": bucket}
    for name, operation, sample in _LOOKS:
        try:
            found[name] = yield read(placed("s3", arguments), operation, sample, Bucket=bucket)
        except CallFailed as failed:
            if failed.code not in _ABSENT:
                raise
            found[name] = None
    return found


def policy_of(state: Mapping[str, Any]) -> str:
    """Return the text of the bucket's policy, empty if it has none."""
    return str((state["policy"] or {}).get("Policy", ""))


def denies_deletes(policy: str) -> bool:
    """Say whether a statement denies everybody, without a condition, to delete objects."""
    statements = json.loads(policy).get("Statement", []) if policy else []
    several = statements if isinstance(statements, list) else [statements]
    return any(
        each.get("Effect") == "Deny"
        and each.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and not each.get("Condition")
        and _DELETES.intersection(named(each.get("Action")))
        for each in several
    )


def _check(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    bucket = str(arguments["bucket"])
    state = yield from state_of(arguments, bucket)
    policy = policy_of(state)
    digest = hashlib.sha256(policy.encode()).hexdigest()
    expected = str(arguments.get("expected") or digest)
    lock = ((state["lock"] or {}).get("ObjectLockConfiguration") or {}).get("Rule", {})
    output = {
        "policy_sha256": digest,
        "changed": digest != expected,
        "denies_deletes": denies_deletes(policy),
        "public": bool(((state["status"] or {}).get("PolicyStatus") or {}).get("IsPublic")),
        "object_lock": lock.get("DefaultRetention", {}).get("Mode", ""),
        "versioning": (state["versioning"] or {}).get("Status", ""),
    }
    is_sound = output["denies_deletes"] and not output["changed"] and not output["public"]
    text = "guards its objects" if is_sound else "does NOT guard its objects as it should"
    return Outcome(text=f"The bucket {bucket} {text}.", output={**output, "sound": is_sound})


def _gather(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    streams = []
    for bucket in named(arguments.get("of") or arguments.get("bucket")):
        state = yield from state_of(arguments, bucket)
        streams.append(kept_as_json("bucket.json", state, of=bucket, source=f"arn:aws:s3:::{bucket}"))
    if not streams:
        raise refused("no bucket was named")
    return tuple(streams)


COLLECTORS = (
    Collector(
        name="s3.policy",
        summary="What guards a bucket: its policy, whether it is public, object lock, versions, ACL.",
        volatility=3,
        parameters=("bucket",),
        options=("region",),
        gather=_gather,
    ),
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.s3.check_audit_bucket",
            title="Check what guards the bucket of the audit trail",
            action_class=ActionClass.READ,
            parameters=(
                Parameter(name="bucket", kind=ParameterKind.TEXT, summary="The bucket's name."),
                Parameter(
                    name="expected",
                    kind=ParameterKind.TEXT,
                    summary="SHA-256 (hex) of the policy as it should be; any other counts as changed.",
                    required=False,
                ),
                REGION,
            ),
            repeat=Repeat.LOOK_UP,
            repeat_rule="It only reads.",
            undo=None,
            no_undo="It only reads.",
            residual=Residual(remains="Nothing is changed. A policy that was changed makes the incident P1."),
            blast=BlastRadius(unit="bucket"),
            rights=(
                Right(name="s3:GetBucketPolicy", why="To see whether it denies deletes."),
                Right(name="s3:GetBucketPolicyStatus", why="To see whether the bucket is public."),
                Right(name="s3:GetBucketObjectLockConfiguration", why="To see its object lock."),
                Right(name="s3:GetBucketVersioning", why="To see whether versions are kept."),
                Right(name="s3:GetBucketAcl", why="To see who else has access."),
            ),
        ),
        perform=_check,
        seen=read_again,
        verify=nothing_to_verify,
    ),
)
