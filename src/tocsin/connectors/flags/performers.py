"""What can be done to a feature flag: another variant for everybody, and back."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.acts import text
from tocsin.connectors.each import EachSet
from tocsin.domain.acting import Arguments, Call, Performer
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Repeat,
    Residual,
    Right,
    Undo,
)


def _where(flag: str, arguments: Arguments) -> dict[str, Any]:
    return {"file": arguments.get("file", "default"), "flag": flag}


def _read(flag: str, arguments: Arguments) -> Call:
    sample = {"state": "ENABLED", "variant": "off"}
    return Call(service="flags", operation="read", parameters=_where(flag, arguments), sample=sample)


def _write(flag: str, value: Any, arguments: Arguments) -> Call:
    return Call(
        service="flags",
        operation="write",
        parameters={**_where(flag, arguments), "value": value},
        changes=True,
        sample=value,
    )


_PLAYS = EachSet(
    argument="flag",
    unit="flags",
    read=_read,
    value_in=dict,
    write=_write,
    wanted=lambda arguments: {"state": "ENABLED", "variant": arguments["variant"]},
)
SET = Performer(
    declaration=Declaration(
        name="flags.set",
        title="Set a feature flag to a variant",
        action_class=ActionClass.CONTAIN,
        parameters=(
            text("flag", "Name of the flag, such as CLAUDE_DEGRADATION."),
            text("variant", "One of the flag's variants, such as on or off."),
            text("file", "Name of the file in TOCSIN_FLAGS_FILES; empty: default.", required=False),
        ),
        repeat=Repeat.SAME_VALUE,
        repeat_rule="The default variant is set; a second time changes nothing.",
        undo=Undo(
            does="Sets the state and the variant that the flag had.", keeps=("state", "defaultVariant")
        ),
        residual=Residual(
            remains="Programs see it once flagd has read the file; rules of the flag for single users stay."
        ),
        blast=BlastRadius(unit="flags", per_run=1, per_hour=60),
        rights=(Right(name="write the file", why="to put a new one in its place"),),
    ),
    objects=_PLAYS.objects,
    before=_PLAYS.before,
    perform=_PLAYS.perform,
    seen=_PLAYS.seen,
    verify=_PLAYS.verify,
    undo=_PLAYS.undo,
)
PERFORMERS = (SET,)
