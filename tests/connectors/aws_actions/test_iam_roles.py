"""A role is taken away whole: no new session, no old one, and Tocsin's own is left alone."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import unquote

import pytest

from aws_rigs import BY_NAME, KEY, OPEN_TRUST, Recording, played, set_up
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
