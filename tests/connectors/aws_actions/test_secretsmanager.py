"""A secret is replaced without its value ever being read."""

from __future__ import annotations

from uuid import UUID

import pytest

from aws_rigs import AWS, BY_NAME, KEY, Recording, played, set_up
from tocsin.connectors.aws_actions.secretsmanager import token_of
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive
from tocsin.domain.ports.delivery import FailureKind

WHAT = "a secret replaced"


def test_no_value_is_ever_read() -> None:
    with set_up(WHAT) as rig:
        caller = Recording()
        kept = drive(rig.performer.before(rig.arguments), caller.of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
        drive(rig.performer.undo(rig.arguments, kept, KEY), caller.of)
    assert {call.operation for call in caller.calls} == {
        "DescribeSecret",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    }


def test_the_old_value_stays_as_the_previous_one() -> None:
    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        previous = AWS("secretsmanager").get_secret_value(SecretId="db", VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == "leaked"


def test_an_undo_of_a_first_replacement_has_no_older_stage_to_restore() -> None:
    with played() as aws:
        manager = aws("secretsmanager")
        manager.create_secret(Name="new", SecretString="only")
        performer, given = BY_NAME["aws.secretsmanager.put"], {"secret": "new", "value": "next"}
        kept = drive(performer.before(given), Recording().of)
        assert kept["previous"] is None
        drive(performer.perform(given, kept, KEY), Recording().of)
        drive(performer.undo(given, kept, KEY), Recording().of)
        current = manager.get_secret_value(SecretId="new", VersionStage="AWSCURRENT")["SecretString"]
    assert current == "only"


@pytest.mark.parametrize(("kind", "is_fine"), [(FailureKind.REFUSED, True), (FailureKind.UNKNOWN, False)])
def test_an_older_version_that_aws_has_dropped_does_not_stop_the_undo(kind, is_fine: bool) -> None:
    class Dropped:
        def call(self, call):
            if call.parameters.get("VersionStage") == "AWSPREVIOUS":
                raise CallFailed(kind, "no such version")
            return AWS.caller.call(call)

    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        undo = rig.performer.undo(rig.arguments, kept, KEY)
        if is_fine:
            drive(undo, lambda _: Dropped())
        else:
            with pytest.raises(CallFailed):
                drive(undo, lambda _: Dropped())
        assert rig.state()["value"] == "leaked"


def test_a_secret_without_a_value_is_refused() -> None:
    with played() as aws:
        aws("secretsmanager").create_secret(Name="empty")
        with pytest.raises(CallFailed, match="no value yet"):
            drive(BY_NAME["aws.secretsmanager.put"].before({"secret": "empty"}), Recording().of)


def test_a_token_is_a_uuid_of_our_key() -> None:
    assert UUID(token_of(KEY)) == UUID(token_of(KEY)) != UUID(token_of("another"))
