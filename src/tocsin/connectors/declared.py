"""Reads what an action in a pack file declares of itself; without all of it, it does not load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

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
from tocsin.domain.pack_file import Located

LONGEST_LIMIT_S = 600.0
DECLARED = ("name", "title", "class", "arguments", "repeat", "undo", "no_undo", "residual", "blast", "rights")
DECLARED_TOO = ("needs", "time_limit")
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
_ARGUMENT = re.compile(r"[a-z][a-z_]*")
_RESERVED = frozenset({"query", "body", "headers", "success", "key", "kept"})
CHANGES_NOTHING = Residual(remains="It changes nothing.", lasts=timedelta())


def declaration_of(
    keys: Mapping[str, Located],
    place: Located,
    repeat: Mapping[str, Located],
    undo: Mapping[str, Located] | None,
) -> Declaration:
    """Return the declaration of one action.

    `keys` are those of its mapping, which stands at `place`; `repeat` and `undo` are the mappings of these
    keys, of which more may be read elsewhere. Raises `PackProblem` for what is missing or makes no sense.
    """
    action_class = class_of(keys, place)
    if action_class is ActionClass.READ:
        return read_declaration(keys, place)
    for name in ("repeat", "residual", "blast", "rights"):
        if name not in keys:
            raise place.problem(
                f"the action does not declare `{name}`.",
                f"Add `{name}:`; docs/actions-services.md says what it holds.",
            )
    if (undo is None) == ("no_undo" not in keys):
        raise place.problem(
            "exactly one of `undo` and `no_undo` is expected.",
            "Say how it is undone, or why it cannot be; a person reads it before consenting.",
        )
    return Declaration(
        name=name_of(keys, place),
        title=keys["title"].string(),
        action_class=action_class,
        parameters=parameters_of(keys.get("arguments")),
        repeat=Repeat(repeat["by"].choice([one.value for one in Repeat])),
        repeat_rule=repeat["rule"].string(),
        undo=_undo(undo),
        no_undo=keys["no_undo"].string() if "no_undo" in keys else "",
        residual=_residual(keys["residual"]),
        blast=_blast(keys["blast"], parameters_of(keys.get("arguments"))),
        rights=rights_of(keys["rights"]),
        needs=keys["needs"].strings() if "needs" in keys else (),
        time_limit_s=time_limit_of(keys),
    )


def read_declaration(keys: Mapping[str, Located], place: Located) -> Declaration:
    """Return the declaration of what only reads: there is nothing to repeat, to undo or to remain."""
    for name in ("repeat", "undo", "no_undo", "residual", "needs"):
        if name in keys:
            raise keys[name].problem(f"what only reads has no `{name}`.", f"Remove `{name}`.")
    parameters = parameters_of(keys.get("arguments"))
    return Declaration(
        name=name_of(keys, place),
        title=keys["title"].string(),
        action_class=ActionClass.READ,
        parameters=parameters,
        repeat=Repeat.SAME_VALUE,
        repeat_rule="It only reads; a repeat reads again.",
        undo=None,
        no_undo="There is nothing to undo.",
        residual=CHANGES_NOTHING,
        blast=_blast(keys["blast"], parameters)
        if "blast" in keys
        else BlastRadius(unit="reads", per_hour=1000),
        rights=rights_of(keys["rights"]) if "rights" in keys else (),
        time_limit_s=time_limit_of(keys),
    )


def class_of(keys: Mapping[str, Located], place: Located) -> ActionClass:
    """Return the class of an action. Raises `PackProblem`."""
    if "class" not in keys:
        raise place.problem("the action does not declare `class`.", "Add `class:`, such as `contain`.")
    return ActionClass(keys["class"].choice([one.value for one in ActionClass]))


def name_of(keys: Mapping[str, Located], place: Located) -> str:
    """Return the name of an action, `service.verb`. Raises `PackProblem`."""
    for name in ("name", "title"):
        if name not in keys:
            raise place.problem(f"the action does not declare `{name}`.", f"Add `{name}:`.")
    name = keys["name"].string()
    if _NAME.fullmatch(name) is None:
        raise keys["name"].problem(
            f"`{name}` is no name of an action.",
            "Write `service.verb` in lower case, such as `agentidp.suspend`.",
        )
    return name


def parameters_of(written: Located | None) -> tuple[Parameter, ...]:
    """Return the arguments that an action takes, in the order written. Raises `PackProblem`."""
    return () if written is None else tuple(_parameter(key, value) for key, value in written.entries())


def rights_of(written: Located) -> tuple[Right, ...]:
    """Return the rights that the partner must grant. Raises `PackProblem`."""
    found = []
    for one in written.sequence():
        keys = one.mapping(("name", "why"), ("name", "why"))
        found.append(Right(name=keys["name"].string(), why=keys["why"].string()))
    return tuple(found)


def time_limit_of(keys: Mapping[str, Located], default: float = 30.0) -> float:
    """Return how long an action may take, in seconds, at most `LONGEST_LIMIT_S`. Raises `PackProblem`."""
    if "time_limit" not in keys:
        return default
    seconds = keys["time_limit"].duration().total_seconds()
    if not 0 < seconds <= LONGEST_LIMIT_S:
        raise keys["time_limit"].problem(
            "the time limit is not within 1s and 10m.", "Write `30s`, for example."
        )
    return seconds


def whole(written: Located, least: int, most: int) -> int:
    """Return a whole number within bounds. Raises `PackProblem`."""
    number = written.number()
    if number != int(number) or not least <= number <= most:
        raise written.problem(
            f"`{written.text}` is no whole number from {least} to {most}.",
            f"Write one from {least} to {most}.",
        )
    return int(number)


def _parameter(key: Located, value: Located) -> Parameter:
    if _ARGUMENT.fullmatch(key.text) is None or key.text in _RESERVED:
        raise key.problem(f"`{key.text}` cannot name an argument.", "Use lower case letters and `_`.")
    keys = value.mapping(("kind", "summary", "required", "secret"), ("summary",))
    kind = keys["kind"].choice([one.value for one in ParameterKind]) if "kind" in keys else ParameterKind.TEXT
    return Parameter(
        name=key.text,
        kind=ParameterKind(kind),
        summary=keys["summary"].string(),
        required=keys["required"].boolean() if "required" in keys else True,
        secret=keys["secret"].boolean() if "secret" in keys else False,
    )


def _undo(keys: Mapping[str, Located] | None) -> Undo | None:
    if keys is None:
        return None
    return Undo(does=keys["does"].string(), keeps=keys["keeps"].strings() if "keeps" in keys else ())


def _residual(written: Located) -> Residual:
    keys = written.mapping(("remains", "lasts", "closed_by"), ("remains",))
    return Residual(
        remains=keys["remains"].string(),
        lasts=keys["lasts"].duration() if "lasts" in keys else None,
        closed_by=keys["closed_by"].string() if "closed_by" in keys else "",
    )


def _blast(written: Located, parameters: tuple[Parameter, ...]) -> BlastRadius:
    keys = written.mapping(("unit", "counted", "per_run", "per_hour"), ("unit", "per_run", "per_hour"))
    counted = keys["counted"].choice([one.name for one in parameters]) if "counted" in keys else ""
    return BlastRadius(
        unit=keys["unit"].string(),
        counted=counted,
        per_run=whole(keys["per_run"], 1, 1_000),
        per_hour=whole(keys["per_hour"], 1, 100_000),
    )
