"""A role is taken away whole: no new session, no old one, and Tocsin's own is left alone."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import unquote

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core import set_initial_no_auth_action_count

from aws_rigs import AWS, BY_NAME, KEY, OPEN_TRUST, REGION, Recording, played, set_up
from nouns import NOON
from tocsin.connectors.aws_actions.iam_roles import REVOKED, name_of
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive

CONTAIN = BY_NAME["aws.iam.contain_role"]


def test_the_trust_policy_is_closed_before_sessions_are_revoked() -> None:
    """A session that is taken in between is then among the revoked ones."""
    with set_up("a role contained") as rig:
        caller = Recording()
        kept = drive(CONTAIN.before(rig.arguments), caller.of)
        drive(CONTAIN.perform(rig.arguments, kept, KEY), caller.of)
        changed = [call.operation for call in caller.calls if call.changes]
    assert changed == ["UpdateAssumeRolePolicy", "PutRolePolicy"]


def test_sessions_of_the_next_half_minute_are_revoked_too() -> None:
    with set_up("sessions revoked") as rig:
        caller = Recording()
        drive(rig.performer.perform(rig.arguments, {"revocation": None}, KEY), caller.of)
        statement = rig.state()["policies"][REVOKED]["Statement"][0]
    until = (NOON + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": until}}
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", ["*"], ["*"])


def test_the_trust_policy_is_put_back_with_its_very_bytes() -> None:
    with set_up("a trust policy closed") as rig:
        caller = Recording()
        kept = drive(rig.performer.before(rig.arguments), caller.of)
        assert kept["trust"] == OPEN_TRUST
        drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
        drive(rig.performer.undo(rig.arguments, kept, KEY), caller.of)
        (put_back,) = [call for call in caller.calls if call.operation == "UpdateAssumeRolePolicy"][1:]
    assert unquote(put_back.parameters["PolicyDocument"]) == OPEN_TRUST


def test_another_key_revokes_anew_since_new_sessions_may_have_come() -> None:
    with set_up("sessions revoked") as rig:
        caller = Recording()
        drive(rig.performer.perform(rig.arguments, {"revocation": None}, KEY), caller.of)
        first = json.dumps(rig.state())
        drive(rig.performer.perform(rig.arguments, {"revocation": None}, "another-key"), caller.of)
        assert json.dumps(rig.state()) != first


def test_a_role_that_is_not_there_is_refused_before_anything_is_done() -> None:
    with played(), pytest.raises(CallFailed, match="NoSuchEntity"):
        drive(CONTAIN.before({"role": "nobody"}), Recording().of)


def test_a_denied_look_is_no_absence() -> None:
    class Denied:
        def call(self, call):
            raise CallFailed("misconfigured", "no", code="AccessDenied")

    performer = BY_NAME["aws.iam.revoke_sessions"]
    with pytest.raises(CallFailed):
        drive(performer.before({"role": "deploy"}), lambda _: Denied())
    with pytest.raises(CallFailed):
        drive(performer.undo({"role": "deploy"}, {"revocation": None}, KEY), lambda _: Denied())


def test_a_role_is_known_by_name_or_arn() -> None:
    assert name_of({"role": "deploy"}) == name_of({"role": "arn:aws:iam::1:role/ci/deploy"}) == "deploy"


@set_initial_no_auth_action_count(0)
def may_list_buckets(taken: dict[str, str]) -> bool:
    """Ask moto with a session, while it checks rights as AWS does."""
    s3 = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )
    try:
        s3.list_buckets()
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


def test_a_session_that_was_taken_before_may_do_nothing_until_the_undo() -> None:
    """Moto heeds no conditions, so it cannot be shown that sessions of later still work."""
    with set_up("a role contained") as rig:
        role = "arn:aws:iam::123456789012:role/deploy"
        taken = AWS("sts").assume_role(RoleArn=role, RoleSessionName="eve")["Credentials"]
        assert may_list_buckets(taken)
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        assert not may_list_buckets(taken)
        drive(CONTAIN.undo(rig.arguments, kept, KEY), Recording().of)
        assert may_list_buckets(taken)
