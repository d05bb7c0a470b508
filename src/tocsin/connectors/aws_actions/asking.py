"""Calls of AWS as plays ask for them, page by page, and where they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from tocsin.domain.acting import Arguments, Call, CallFailed, Kept, Play, Seen
from tocsin.domain.action import Parameter, ParameterKind
from tocsin.domain.ports.delivery import FailureKind

Given = TypeVar("Given")

REGION = Parameter(
    name="region",
    kind=ParameterKind.TEXT,
    summary="The region it is in, where that is not the one of TOCSIN_AWS_REGION.",
    required=False,
)


def read(where: str, operation: str, sample: Any, /, **parameters: Any) -> Call:
    """Return a call that only reads; `sample` is the answer that it gets in a dry run."""
    return Call(service=where, operation=operation, parameters=parameters, sample=sample)


def change(
    where: str, operation: str, sample: Any, hidden: tuple[str, ...] = (), /, **parameters: Any
) -> Call:
    """Return a call that changes something; parameters that are `hidden` are never shown."""
    return Call(
        service=where,
        operation=operation,
        parameters=parameters,
        changes=True,
        sample={} if sample is None else sample,
        secret=hidden,
    )


def placed(service: str, arguments: Arguments) -> str:
    """Return where calls of a service go: `aws.ecs`, or `aws.ecs.eu-west-1` where a region is named."""
    region = arguments.get("region")
    return f"aws.{service}.{region}" if region else f"aws.{service}"


def pages(call: Call, token: str) -> Play[tuple[Any, ...]]:
    """Go through all pages of a call: each answer's `token` is the next call's parameter of that name."""
    found = []
    while True:
        answer = yield call
        found.append(answer)
        following = answer.get(token)
        if not following:
            return tuple(found)
        call = replace(call, parameters={**call.parameters, token: following})


def known(value: Given) -> Play[Given]:
    """Give what is known without asking anybody; it is a play, though an empty one."""
    return value
    yield


def now() -> Play[datetime]:
    """Ask for the time as the caller has it; this call leaves the machine in no case."""
    answer = yield read("aws.clock", "Now", "2026-01-01T00:00:00+00:00")
    return datetime.fromisoformat(answer)


def refused(reason: str) -> CallFailed:
    """Return the failure of something that we do not ask AWS for at all."""
    return CallFailed(FailureKind.REFUSED, reason)


def seen_by(
    verify: Callable[[Arguments, Kept], Play[bool]],
) -> Callable[[Arguments, Kept, str], Play[Seen]]:
    """Return the look after a crash of an action that is done when the world is as it wanted it."""

    def seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        is_so = yield from verify(arguments, kept)
        return Seen.DONE if is_so else Seen.NOT_DONE

    return seen


def named(value: Any) -> tuple[str, ...]:
    """Return one name or several as several, each once and in order."""
    several = (value,) if isinstance(value, str) and value else tuple(value or ())
    return tuple(dict.fromkeys(str(each) for each in several))


def is_code(failed: CallFailed, *codes: str) -> bool:
    """Say whether AWS gave one of these codes; some services add `Exception` to them."""
    return failed.code.removesuffix("Exception") in codes
