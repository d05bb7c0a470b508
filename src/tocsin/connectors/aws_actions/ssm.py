"""Replaces a parameter of SSM by value; the old value stays with AWS, labelled, and never comes to us."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    is_code,
    known,
    pages,
    placed,
    read,
    refused,
)
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.domain.acting import (
    Arguments,
    CallFailed,
    Collector,
    Gathered,
    Kept,
    Outcome,
    Performer,
    Play,
    Seen,
)
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

_CARRIED = ("Type", "KeyId", "Tier", "AllowedPattern", "DataType", "Description")


def _value_of(arguments: Arguments, version: int | None = None) -> Play[Mapping[str, Any]]:
    """Read the parameter, as it is now or in one of its versions."""
    name = arguments["parameter"]
    sample = {"Name": name, "Type": "SecureString", "Value": "?", "Version": version or 1}
    answer = yield read(
        placed("ssm", arguments),
        "GetParameter",
        {"Parameter": sample},
        Name=name if version is None else f"{name}:{version}",
        WithDecryption=True,
    )
    found: Mapping[str, Any] = answer["Parameter"]
    return found


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"parameter": (str(arguments["parameter"]),)})


def _before(arguments: Arguments) -> Play[Kept]:
    """Keep which version it is and what is set with it; the value itself is not kept."""
    parameter = yield from _value_of(arguments)
    name = arguments["parameter"]
    sample = {"Parameters": [{"Name": name, "Type": "SecureString", "Version": 1}]}
    found = yield from pages(
        read(
            placed("ssm", arguments),
            "DescribeParameters",
            sample,
            ParameterFilters=[{"Key": "Name", "Values": [name]}],
        ),
        "NextToken",
    )
    described: Mapping[str, Any] = next(
        (each for page in found for each in page["Parameters"] if each["Name"] == name), {}
    )
    settled = {one: described[one] for one in _CARRIED if one in described}
    return {"version": int(parameter["Version"]), "settled": {"Type": parameter["Type"], **settled}}


def _put(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    there = yield from _value_of(arguments)
    if _is_value(there, arguments):
        return Outcome(
            text="The parameter has that value already.", output=_told(arguments, there["Version"])
        )
    yield change(
        placed("ssm", arguments),
        "LabelParameterVersion",
        {"InvalidLabels": []},
        Name=arguments["parameter"],
        ParameterVersion=kept["version"],
        Labels=[_label(key)],
    )
    answer = yield _written(arguments, kept, arguments["value"])
    return Outcome(
        text=f"{arguments['parameter']} has a new value; version {kept['version']} holds the old one.",
        output=_told(arguments, answer["Version"]),
    )


def _told(arguments: Arguments, version: int) -> Mapping[str, Any]:
    return {"parameter": arguments["parameter"], "version": version}


def _written(arguments: Arguments, kept: Kept, value: str) -> Any:
    return change(
        placed("ssm", arguments),
        "PutParameter",
        {"Version": 2},
        ("Value",),
        Name=arguments["parameter"],
        Value=value,
        Overwrite=True,
        **kept["settled"],
    )


def _seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    there = yield from _value_of(arguments)
    if _is_value(there, arguments):
        return Seen.DONE
    return Seen.NOT_DONE if there["Version"] == kept["version"] else Seen.CANNOT_TELL


def _verify(arguments: Arguments, kept: Kept) -> Play[bool]:
    return _is_value((yield from _value_of(arguments)), arguments)


def _undo(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Write the old version's value anew, which passes through memory alone; a second time finds it there."""
    old = yield from _value_of(arguments, kept["version"])
    there = yield from _value_of(arguments)
    if there["Value"] != old["Value"]:
        yield _written(arguments, kept, old["Value"])
    return Outcome(text=f"{arguments['parameter']} has the value of version {kept['version']} again.")


def _is_value(parameter: Mapping[str, Any], arguments: Arguments) -> bool:
    digests = (hashlib.sha256(str(one).encode()).digest() for one in (parameter["Value"], arguments["value"]))
    return hmac.compare_digest(*digests)


def _label(key: str) -> str:
    """Return a label for the version of before; labels may not begin with a digit, `aws` or `ssm`."""
    return f"tocsin-before-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _gather(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep the value and every version of it that SSM still has."""
    names = tuple(arguments.get("of") or ()) or (arguments.get("parameter"),)
    streams = []
    for name in names:
        if not name:
            raise refused("no parameter was named")
        streams.append((yield from _documented({**arguments, "parameter": name})))
    return tuple(streams)


def _documented(arguments: Arguments) -> Play[Gathered]:
    name = arguments["parameter"]
    parameter = yield from _value_of(arguments)
    gap = ""
    history: list[Any] = []
    try:
        found = yield from pages(
            read(
                placed("ssm", arguments),
                "GetParameterHistory",
                {"Parameters": []},
                Name=name,
                WithDecryption=True,
            ),
            "NextToken",
        )
        history = [each for page in found for each in page["Parameters"]]
    except CallFailed as failed:
        if not is_code(failed, "AccessDenied"):
            raise
        gap = "the history of the parameter may not be read"
    return kept_as_json(
        "parameter.json",
        {"parameter": parameter, "history": history},
        of=name,
        source=str(parameter.get("ARN", name)),
        gap=gap,
    )


COLLECTORS = (
    Collector(
        name="ssm.document",
        summary="A parameter of SSM: its value, and its history as far as SSM has it; kept encrypted.",
        volatility=3,
        parameters=("parameter",),
        options=("region",),
        gather=_gather,
        encrypts=True,
    ),
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.ssm.put",
            title="Replace the value of a parameter of SSM",
            action_class=ActionClass.ERADICATE,
            parameters=(
                Parameter(name="parameter", kind=ParameterKind.TEXT, summary="The parameter's name."),
                Parameter(
                    name="value", kind=ParameterKind.TEXT, summary="The new value; never shown.", secret=True
                ),
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="The digests of the values are compared; equal ones are not written again.",
            undo=Undo(
                does="Writes the value of the version before as a new version.",
                keeps=("number of the version before, which SSM keeps under our label", "type, key and tier"),
            ),
            residual=Residual(
                remains="What has read the old value goes on with it until it is started anew, and the old "
                "value itself is valid where it was made until it is withdrawn there.",
                closed_by="aws.ecs.redeploy",
            ),
            blast=BlastRadius(unit="parameter", per_run=1, per_hour=20),
            rights=(
                Right(name="ssm:GetParameter", why="To compare values, and to restore the old one."),
                Right(name="ssm:DescribeParameters", why="To keep type, key and tier as they are."),
                Right(name="ssm:LabelParameterVersion", why="To mark the version of before, so it is kept."),
                Right(name="ssm:PutParameter", why="To write the new value."),
                Right(name="kms:Decrypt", why="To read a SecureString."),
                Right(name="kms:Encrypt", why="To write one."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_put,
        seen=_seen,
        verify=_verify,
        undo=_undo,
    ),
)
