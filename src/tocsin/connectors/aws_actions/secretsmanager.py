"""Replaces a secret of Secrets Manager; the old value stays there as AWSPREVIOUS and never comes to us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    known,
    placed,
    read,
    refused,
)
from tocsin.domain.acting import Arguments, CallFailed, Kept, Outcome, Performer, Play, Seen
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
from tocsin.domain.ports.delivery import FailureKind

_TOKENS = UUID("b1d2fb7b-77b0-45a8-9f0b-0b7a4ba7a1a0")
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


def token_of(key: str) -> str:
    """Return the token of a version, which AWS wants to be a UUID: with the same one it writes only once."""
    return str(uuid5(_TOKENS, key))


def _versions(arguments: Arguments) -> Play[Mapping[str, list[str]]]:
    """Read which versions there are, and which stages each has; no value is read."""
    sample = {"VersionIdsToStages": {"11111111-1111-1111-1111-111111111111": [_CURRENT]}}
    answer = yield read(
        placed("secretsmanager", arguments), "DescribeSecret", sample, SecretId=arguments["secret"]
    )
    versions: Mapping[str, list[str]] = answer.get("VersionIdsToStages", {})
    return versions


def _with_stage(versions: Mapping[str, list[str]], stage: str) -> str | None:
    return next((version for version, stages in versions.items() if stage in stages), None)


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"secrets": (str(arguments["secret"]),)})


def _before(arguments: Arguments) -> Play[Kept]:
    versions = yield from _versions(arguments)
    current = _with_stage(versions, _CURRENT)
    if current is None:
        raise refused("the secret has no value yet that could be replaced")
    return {"current": current, "previous": _with_stage(versions, _PREVIOUS)}


def _put(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield change(
        placed("secretsmanager", arguments),
        "PutSecretValue",
        {"VersionId": token_of(key)},
        ("SecretString",),
        SecretId=arguments["secret"],
        SecretString=arguments["value"],
        ClientRequestToken=token_of(key),
    )
    return Outcome(
        text=f"{arguments['secret']} has a new value; the old one is {_PREVIOUS}.",
        output={"version": token_of(key), "version_before": kept["current"]},
    )


def _seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    versions = yield from _versions(arguments)
    return Seen.DONE if token_of(key) in versions else Seen.NOT_DONE


def _verify(arguments: Arguments, kept: Kept) -> Play[bool]:
    versions = yield from _versions(arguments)
    return _with_stage(versions, _CURRENT) not in (None, kept["current"])


def _undo(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Move the stages back, of which AWSPREVIOUS follows by itself; the values are not touched."""
    there = _with_stage((yield from _versions(arguments)), _CURRENT)
    if there != kept["current"]:
        yield _moved(arguments, _CURRENT, there, kept["current"])
    if kept["previous"] is not None:
        yield from _restore_previous(arguments, kept["previous"])
    return Outcome(text=f"{arguments['secret']} has its value of before again.")


def _restore_previous(arguments: Arguments, wanted: str) -> Play[None]:
    """Give AWSPREVIOUS back to the version that had it, if AWS has not dropped that one meanwhile."""
    after = _with_stage((yield from _versions(arguments)), _PREVIOUS)
    if after == wanted:
        return
    try:
        yield _moved(arguments, _PREVIOUS, after, wanted)
    except CallFailed as failed:
        # A version without a stage is kept only for a while; the value in force is restored all the same.
        if failed.kind is not FailureKind.REFUSED:
            raise


def _moved(arguments: Arguments, stage: str, there: str | None, back_to: str) -> Any:
    since = {"RemoveFromVersionId": there} if there else {}
    return change(
        placed("secretsmanager", arguments),
        "UpdateSecretVersionStage",
        None,
        SecretId=arguments["secret"],
        VersionStage=stage,
        MoveToVersionId=back_to,
        **since,
    )


PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.secretsmanager.put",
            title="Replace a secret of Secrets Manager",
            action_class=ActionClass.ERADICATE,
            parameters=(
                Parameter(name="secret", kind=ParameterKind.TEXT, summary="The secret's name or ARN."),
                Parameter(
                    name="value", kind=ParameterKind.TEXT, summary="The new value; never shown.", secret=True
                ),
                REGION,
            ),
            repeat=Repeat.PARTNER_KEY,
            repeat_rule="The version's ClientRequestToken is made of our key; AWS writes it once.",
            undo=Undo(
                does="Moves AWSCURRENT back to the version of before.",
                keeps=("ids of the versions AWSCURRENT and AWSPREVIOUS",),
            ),
            residual=Residual(
                remains="What has read the old value goes on with it until it reads anew, and where the old "
                "value opens something it does so until it is withdrawn there.",
                closed_by="aws.ecs.redeploy",
            ),
            blast=BlastRadius(unit="secret", per_run=1, per_hour=20),
            rights=(
                Right(
                    name="secretsmanager:DescribeSecret", why="To see versions and stages; no value is read."
                ),
                Right(name="secretsmanager:PutSecretValue", why="To write the new value."),
                Right(name="secretsmanager:UpdateSecretVersionStage", why="To go back to the old one."),
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
