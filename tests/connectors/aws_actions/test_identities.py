"""What an identity may do, and when it was last used, is kept before anybody changes it."""

from __future__ import annotations

import json

import pytest

from aws_rigs import ALLOWED, OPEN_TRUST, Recording, played, set_up
from tocsin.connectors.aws_actions.identities import COLLECTORS
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive, rehearse

DESCRIBE, LAST_USED = COLLECTORS


def test_a_role_is_kept_with_its_trust_policy_and_what_it_may_do() -> None:
    with set_up("a role contained"):
        caller = Recording()
        (kept,) = drive(DESCRIBE.gather({"role": "deploy"}), caller.of)
        (used,) = drive(LAST_USED.gather({"role": "deploy"}), caller.of)
    found = json.load(kept.content)
    assert (kept.of, kept.source) == ("deploy", "arn:aws:iam::123456789012:role/deploy")
    assert found["role"]["AssumeRolePolicyDocument"] == OPEN_TRUST
    assert found["policies"]["inline"]["work"] == ALLOWED
    assert json.load(used.content)["role"] == "deploy"
    assert not any(call.changes for call in caller.calls)


def test_a_user_is_kept_with_keys_groups_login_and_policies() -> None:
    with set_up("a key turned off") as rig:
        user = {"user": "eve", "access_key": rig.arguments["access_key"]}
        (kept,) = drive(DESCRIBE.gather(user), Recording().of)
        (used,) = drive(LAST_USED.gather(user), Recording().of)
    found, last = json.load(kept.content), json.load(used.content)
    assert found["AccessKeyMetadata"][0]["AccessKeyId"] == rig.arguments["access_key"]
    assert found["login"]["UserName"] == "eve"
    assert (found["Groups"], found["policies"]["inline"]) == ([], {})
    assert last["keys"][rig.arguments["access_key"]]["status"] == "Active"


def test_a_user_without_a_login_has_none() -> None:
    with played() as aws:
        aws("iam").create_user(UserName="bot")
        (kept,) = drive(DESCRIBE.gather({"user": "bot"}), Recording().of)
    assert json.load(kept.content)["login"] is None


def test_who_is_not_named_is_not_described() -> None:
    for collector in COLLECTORS:
        with pytest.raises(CallFailed, match="no role or user"):
            drive(collector.gather({}), Recording().of)


def test_a_denied_look_at_a_login_is_no_absence() -> None:
    class Denied:
        def call(self, call):
            if call.operation == "GetLoginProfile":
                raise CallFailed("misconfigured", "no", code="AccessDenied")
            return call.sample

    with pytest.raises(CallFailed):
        drive(DESCRIBE.gather({"user": "eve"}), lambda _: Denied())


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda each: each.name)
@pytest.mark.parametrize("given", [{"role": "deploy"}, {"user": "eve"}])
def test_collecting_is_rehearsed_and_only_reads(collector, given) -> None:
    assert not any(call.changes for call in rehearse(collector.gather(given)).calls)
