"""Turns off what sets things going: rules of EventBridge and schedules of its Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    known,
    now,
    placed,
    read,
    seen_by,
)
from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Performer, Play
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Right,
    Undo,
)

OFF = "DISABLED"
_RULE_CARRIED = ("ScheduleExpression", "EventPattern", "State", "Description", "RoleArn")
_SCHEDULE_CARRIED = (
    "ScheduleExpression",
    "StartDate",
    "EndDate",
    "Description",
    "ScheduleExpressionTimezone",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
)


def _bus(arguments: Arguments) -> str:
    return str(arguments.get("bus") or "default")


def _rule_touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"rules": (f"{_bus(arguments)}/{arguments['rule']}",)})


def _rule(arguments: Arguments) -> Play[Mapping[str, Any]]:
    sample = {"Name": arguments["rule"], "State": "ENABLED"}
    answer: Mapping[str, Any] = yield read(
        placed("events", arguments),
        "DescribeRule",
        sample,
        Name=arguments["rule"],
        EventBusName=_bus(arguments),
    )
    return answer


def _rule_before(arguments: Arguments) -> Play[Kept]:
    rule = yield from _rule(arguments)
    return {"rule": {name: rule[name] for name in _RULE_CARRIED if rule.get(name)}}


def _disable_rule(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield _on_rule(arguments, "DisableRule")
    return Outcome(text=f"The rule {arguments['rule']} is off.", output={"rule": arguments["rule"]})


def _on_rule(arguments: Arguments, operation: str, **given: Any) -> Call:
    return change(
        placed("events", arguments),
        operation,
        None,
        Name=arguments["rule"],
        EventBusName=_bus(arguments),
        **given,
    )


def _rule_is_off(arguments: Arguments, kept: Kept) -> Play[bool]:
    return bool((yield from _rule(arguments))["State"] == OFF)


def _restore_rule(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Turn it on again; a state that EnableRule cannot give is written with the whole rule."""
    state = kept["rule"]["State"]
    if state == "ENABLED":
        yield _on_rule(arguments, "EnableRule")
    elif state != OFF:
        yield _on_rule(arguments, "PutRule", **kept["rule"])
    return Outcome(text=f"The rule {arguments['rule']} is {state.lower()} as before.")


def _group(arguments: Arguments) -> str:
    return str(arguments.get("group") or "default")


def _schedule_touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"schedules": (f"{_group(arguments)}/{arguments['schedule']}",)})


def _schedule(arguments: Arguments) -> Play[Mapping[str, Any]]:
    sample = {
        "Name": arguments["schedule"],
        "State": "ENABLED",
        "ScheduleExpression": "rate(1 hour)",
        "Target": {},
        "FlexibleTimeWindow": {"Mode": "OFF"},
    }
    answer: Mapping[str, Any] = yield read(
        placed("scheduler", arguments),
        "GetSchedule",
        sample,
        Name=arguments["schedule"],
        GroupName=_group(arguments),
    )
    return answer


def _schedule_before(arguments: Arguments) -> Play[Kept]:
    schedule = yield from _schedule(arguments)
    carried = {name: schedule[name] for name in _SCHEDULE_CARRIED if schedule.get(name) is not None}
    return {"schedule": carried}


def _disable_schedule(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield from _write(arguments, {**kept["schedule"], "State": OFF})
    return Outcome(
        text=f"The schedule {arguments['schedule']} is off.", output={"schedule": arguments["schedule"]}
    )


def _schedule_is_off(arguments: Arguments, kept: Kept) -> Play[bool]:
    return bool((yield from _schedule(arguments))["State"] == OFF)


def _restore_schedule(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield from _write(arguments, kept["schedule"])
    return Outcome(text=f"The schedule {arguments['schedule']} is as it was before.")


def _write(arguments: Arguments, schedule: Mapping[str, Any]) -> Play[None]:
    """Write a schedule as a whole; its target's input may hold secrets.

    AWS takes no start that is past, and one that is past says nothing any more.
    """
    at = yield from now()
    begins = schedule.get("StartDate")
    is_past = begins is not None and datetime.fromisoformat(begins) <= at
    yield change(
        placed("scheduler", arguments),
        "UpdateSchedule",
        None,
        ("Target",),
        Name=arguments["schedule"],
        GroupName=_group(arguments),
        **{name: value for name, value in schedule.items() if not (is_past and name == "StartDate")},
    )


_BLAST = BlastRadius(unit="trigger", per_run=1, per_hour=20)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.events.disable_rule",
            title="Turn a rule of EventBridge off",
            action_class=ActionClass.CONTAIN,
            parameters=(
                Parameter(name="rule", kind=ParameterKind.TEXT, summary="The rule's name."),
                Parameter(
                    name="bus",
                    kind=ParameterKind.TEXT,
                    summary="The event bus; the default one if left out.",
                    required=False,
                ),
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A rule that is turned off twice is off.",
            undo=Undo(does="Gives the rule its state of before.", keeps=("the rule",)),
            residual=Residual(
                remains="What the rule has set going goes on; events of meanwhile are not caught up with.",
                closed_by="aws.ecs.stop_task",
            ),
            blast=_BLAST,
            rights=(
                Right(name="events:DescribeRule", why="To keep the rule before, and to read it back."),
                Right(name="events:DisableRule", why="To turn it off."),
                Right(name="events:EnableRule", why="To turn it on again."),
                Right(name="events:PutRule", why="The same, for rules on CloudTrail's management events."),
            ),
        ),
        objects=_rule_touched,
        before=_rule_before,
        perform=_disable_rule,
        seen=seen_by(_rule_is_off),
        verify=_rule_is_off,
        undo=_restore_rule,
    ),
    Performer(
        declaration=Declaration(
            name="aws.scheduler.disable",
            title="Turn a schedule of EventBridge Scheduler off",
            action_class=ActionClass.CONTAIN,
            parameters=(
                Parameter(name="schedule", kind=ParameterKind.TEXT, summary="The schedule's name."),
                Parameter(
                    name="group",
                    kind=ParameterKind.TEXT,
                    summary="The schedule group; the default one if left out.",
                    required=False,
                ),
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A schedule that is turned off twice is off.",
            undo=Undo(
                does="Writes the schedule of before, without a start that is past.", keeps=("the schedule",)
            ),
            residual=Residual(
                remains="What the schedule has set going goes on; runs of meanwhile are not caught up with.",
                closed_by="aws.ecs.stop_task",
            ),
            blast=_BLAST,
            rights=(
                Right(name="scheduler:GetSchedule", why="To keep the schedule before, and to read it back."),
                Right(name="scheduler:UpdateSchedule", why="To turn it off, and on again."),
                Right(name="iam:PassRole", why="AWS asks for it when a schedule with a role is written."),
            ),
        ),
        objects=_schedule_touched,
        before=_schedule_before,
        perform=_disable_schedule,
        seen=seen_by(_schedule_is_off),
        verify=_schedule_is_off,
        undo=_restore_schedule,
    ),
)
