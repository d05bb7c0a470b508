"""Whether the bucket of the audit trail still keeps what is in it."""

from __future__ import annotations

import hashlib
import json

import pytest

from aws_rigs import BY_NAME, KEY, Recording, audit_bucket, no_network, played
from tocsin.connectors.aws_actions.s3 import COLLECTORS, denies_deletes
from tocsin.domain.acting import CallFailed, Seen
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

CHECK = BY_NAME["aws.s3.check_audit_bucket"]
(POLICY,) = COLLECTORS
TRAIL = {"bucket": "trail"}


def test_a_bucket_that_guards_its_objects_is_sound() -> None:
    with played() as aws:
        policy = audit_bucket(aws)
        caller = Recording()
        digest = hashlib.sha256(policy.encode()).hexdigest()
        told = drive(CHECK.perform({**TRAIL, "expected": digest}, {}, KEY), caller.of)
        assert drive(CHECK.verify(TRAIL, {}), caller.of) is True
        assert drive(CHECK.seen(TRAIL, {}, KEY), caller.of) is Seen.NOT_DONE
    assert told.output == {
        "policy_sha256": digest,
        "changed": False,
        "denies_deletes": True,
        "public": False,
        "object_lock": "COMPLIANCE",
        "versioning": "Enabled",
        "sound": True,
    }
    assert not any(call.changes for call in caller.calls)
    rights = {right.name.removeprefix("s3:") for right in CHECK.declaration.rights}
    renamed = {"GetObjectLockConfiguration": "GetBucketObjectLockConfiguration"}
    assert {renamed.get(call.operation, call.operation) for call in caller.calls} == rights


def test_a_changed_policy_is_told() -> None:
    with played() as aws:
        audit_bucket(aws)
        told = drive(CHECK.perform({**TRAIL, "expected": "0" * 64}, {}, KEY), Recording().of)
        assert told.output["changed"] is True
        assert "does NOT guard" in told.text
        aws("s3").delete_bucket_policy(Bucket="trail")
        told = drive(CHECK.perform(TRAIL, {}, KEY), Recording().of)
        assert (told.output["denies_deletes"], told.output["sound"]) == (False, False)


def test_the_check_is_rehearsed_in_silence_and_lists_its_calls() -> None:
    with played() as aws:
        audit_bucket(aws)
        caller = Recording()
        drive(CHECK.perform(TRAIL, {}, KEY), caller.of)
    with no_network():
        rehearsed = rehearse(CHECK.perform(TRAIL, {}, KEY)).calls
    assert [(call.operation, call.parameters) for call in rehearsed] == [
        (call.operation, call.parameters) for call in caller.calls
    ]


def test_what_guards_a_bucket_is_kept() -> None:
    with played() as aws:
        policy = audit_bucket(aws)
        (kept,) = drive(POLICY.gather({**TRAIL, "of": ()}), Recording().of)
    found = json.load(kept.content)
    assert (kept.of, found["policy"]["Policy"]) == ("trail", policy)
    assert set(found) == {"bucket", "policy", "status", "lock", "versioning", "acl"}
    with pytest.raises(CallFailed, match="no bucket"):
        rehearse(POLICY.gather({}))


def test_a_denied_look_is_no_absence() -> None:
    class Denied:
        def call(self, call):
            raise CallFailed(FailureKind.MISCONFIGURED, "no", code="AccessDenied")

    with pytest.raises(CallFailed):
        drive(POLICY.gather(TRAIL), lambda _: Denied())


DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}


@pytest.mark.parametrize(
    ("statement", "denies"),
    [
        (DENY, True),
        ([DENY], True),
        ({**DENY, "Action": ["s3:PutObject", "s3:Delete*"]}, True),
        ({**DENY, "Principal": {"AWS": "*"}}, True),
        ({**DENY, "Effect": "Allow"}, False),
        ({**DENY, "Principal": {"AWS": "arn:aws:iam::1:user/eve"}}, False),
        ({**DENY, "Action": "s3:GetObject"}, False),
        ({**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
    ],
)
def test_only_a_denial_for_everybody_and_always_counts(statement, denies: bool) -> None:
    assert denies_deletes(json.dumps({"Statement": statement})) is denies
    assert not denies_deletes("")
