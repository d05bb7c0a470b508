"""People are shut out of the pool that is meant, all or none of them."""

from __future__ import annotations

import pytest

from aws_rigs import AWS, BY_NAME, KEY, Recording, set_up
from tocsin.connectors.identity.ports import PERFORMERS as PORTS
from tocsin.domain.acting import CallFailed
from tocsin.domain.bindings import bindings_for, bound_name
from tocsin.domain.playing import drive

WHAT = "people disabled"


def test_one_name_that_is_not_there_stops_it_before_anybody_is_disabled() -> None:
    with set_up(WHAT) as rig:
        with pytest.raises(CallFailed, match="UserNotFound"):
            drive(rig.performer.before({"users": ["eve", "nobody"]}), Recording().of)
        assert rig.state()["eve"] == (True, "CONFIRMED")


def test_several_pools_have_to_be_told_apart() -> None:
    with set_up(WHAT) as rig:
        (first,) = AWS("cognito-idp").list_user_pools(MaxResults=9)["UserPools"]
        AWS("cognito-idp").create_user_pool(PoolName="others")
        with pytest.raises(CallFailed, match="2 user pools"):
            drive(rig.performer.before(rig.arguments), Recording().of)
        kept = drive(rig.performer.before({**rig.arguments, "pool": first["Id"]}), Recording().of)
    assert kept == {"pool": first["Id"], "enabled": {"eve": True, "ben": True}}


def test_who_was_disabled_before_stays_so_after_an_undo() -> None:
    with set_up(WHAT) as rig:
        (pool,) = AWS("cognito-idp").list_user_pools(MaxResults=9)["UserPools"]
        AWS("cognito-idp").admin_disable_user(UserPoolId=pool["Id"], Username="eve")
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        drive(rig.performer.undo(rig.arguments, kept, KEY), Recording().of)
        assert (rig.state()["eve"][0], rig.state()["ben"][0]) == (False, True)


def test_what_the_port_of_identity_providers_offers_is_there_with_cognito_bound() -> None:
    for port in PORTS:
        assert bound_name(port.declaration.name, bindings_for("cognito")) in BY_NAME


def test_who_was_enabled_before_stays_so_when_enabling_is_undone() -> None:
    with set_up("people enabled") as rig:
        (pool,) = AWS("cognito-idp").list_user_pools(MaxResults=9)["UserPools"]
        AWS("cognito-idp").admin_enable_user(UserPoolId=pool["Id"], Username="eve")
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        drive(rig.performer.undo(rig.arguments, kept, KEY), Recording().of)
        assert (rig.state()["eve"][0], rig.state()["ben"][0]) == (True, False)


def test_who_must_change_the_password_already_gets_no_second_message() -> None:
    with set_up("passwords reset") as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        caller = Recording()
        for _ in range(2):
            drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
    assert [call.operation for call in caller.calls if call.changes] == ["AdminResetUserPassword"] * 2


def test_the_password_of_somebody_who_is_locked_out_ends_too() -> None:
    with set_up("passwords reset") as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        AWS("cognito-idp").admin_disable_user(UserPoolId=kept["pool"], Username="eve")
        caller = Recording()
        drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
        assert rig.state() == {"eve": (False, "FORCE_CHANGE_PASSWORD"), "ben": (True, "RESET_REQUIRED")}
        assert drive(rig.performer.verify(rig.arguments, kept), caller.of)
    changing = [call for call in caller.calls if call.changes]
    assert [call.operation for call in changing] == ["AdminSetUserPassword", "AdminResetUserPassword"]
    assert changing[0].secret == ("Password",)


def test_a_single_name_will_do() -> None:
    with set_up("people signed out") as rig:
        caller = Recording()
        kept = drive(rig.performer.before({"users": "eve"}), caller.of)
        told = drive(rig.performer.perform({"users": "eve"}, kept, KEY), caller.of)
    assert told.output == {"users": ["eve"]}
    assert BY_NAME["aws.cognito.revoke_sessions"].undo is None
