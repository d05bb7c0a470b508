"""What sets things going is turned off, and comes back exactly as it was."""

from __future__ import annotations

from aws_rigs import AWS, BY_NAME, KEY, Recording, set_up
from tocsin.domain.playing import drive, rehearse


def test_a_rule_that_was_off_stays_off_after_an_undo() -> None:
    with set_up("a rule turned off") as rig:
        AWS("events").disable_rule(Name="nightly")
        caller = Recording()
        kept = drive(rig.performer.before(rig.arguments), caller.of)
        drive(rig.performer.undo(rig.arguments, kept, KEY), caller.of)
        assert rig.state()["State"] == "DISABLED"
    assert not any(call.changes for call in caller.calls)


def test_a_state_that_enabling_cannot_give_is_written_with_the_whole_rule() -> None:
    every = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    kept = {"rule": {"State": every, "EventPattern": "{}", "Description": "d"}}
    (call,) = rehearse(BY_NAME["aws.events.disable_rule"].undo({"rule": "r"}, kept, KEY)).calls
    assert (call.operation, call.parameters["State"]) == ("PutRule", every)
    assert call.parameters["EventPattern"] == "{}"


def test_rules_and_schedules_may_lie_elsewhere() -> None:
    rule, schedule = BY_NAME["aws.events.disable_rule"], BY_NAME["aws.scheduler.disable"]
    named = rehearse(rule.objects({"rule": "r", "bus": "orders"})).given
    assert named == {"rules": ("orders/r",)}
    (call,) = rehearse(schedule.before({"schedule": "s", "group": "batch"})).calls
    assert call.parameters == {"Name": "s", "GroupName": "batch"}


def test_the_input_of_a_schedules_target_is_never_shown() -> None:
    with set_up("a schedule turned off") as rig:
        caller = Recording()
        kept = drive(rig.performer.before(rig.arguments), caller.of)
        drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
    (call,) = [each for each in caller.calls if each.changes]
    assert call.secret == ("Target",)
    assert call.parameters["State"] == "DISABLED"


def test_a_start_that_is_past_is_not_sent_since_aws_refuses_it() -> None:
    disable = BY_NAME["aws.scheduler.disable"]
    for begins, is_sent in (("2025-01-01T00:00:00+00:00", False), ("2099-01-01T00:00:00+00:00", True)):
        kept = {"schedule": {"StartDate": begins, "State": "ENABLED"}}
        for play in (disable.perform, disable.undo):
            *_, call = rehearse(play({"schedule": "s"}, kept, KEY)).calls
            assert ("StartDate" in call.parameters) is is_sent
