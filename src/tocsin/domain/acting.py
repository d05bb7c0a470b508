"""How things are done outside: a play asks for one call after the other, and somebody else makes the calls.

A play never touches the network, so the same play that acts is also the dry run: it is then answered with the
samples that it gives itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Protocol, TypeVar

from tocsin.domain.action import Declaration
from tocsin.domain.ports.delivery import FailureKind

Given = TypeVar("Given")

Arguments = Mapping[str, Any]
"""The arguments of an action or a collector, by the names of its parameters."""
Kept = Mapping[str, Any]
"""What was read before an action so that it can be undone: JSON values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to a partner.

    `service` chooses the caller (`aws.iam`, `entra`, `http`), `operation` is the partner's own name of what
    is called, `parameters` its values. `changes` says that it changes the partner's state. `sample` is an
    answer of the right shape, with which a dry run goes on. `secret` names parameters that are never shown.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    changes: bool = False
    sample: Any = None
    secret: tuple[str, ...] = ()


Play = Generator[Call, Any, Given]
"""Yields calls, is sent each one's answer (or `CallFailed` is thrown in), and returns what came of them."""


class CallFailed(Exception):
    """A call did not do what was asked. `code` is the partner's own word for why, where it gave one.

    `reason` is short and holds nothing secret. `kind` is one of the four: retry later, refused,
    misconfigured, unknown (it may or may not have taken effect).
    """

    def __init__(self, kind: FailureKind, reason: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.code = code
        self.status = status


class PutBack(CallFailed):
    """Raised by a play that put back what it had changed: it failed, and the state is as it was before.

    Only for what the play has read back or been told was put back; then nothing is open, and nobody has to
    look.
    """


class Caller(Protocol):
    """Makes the calls of one service. Built by its connector from settings."""

    def call(self, call: Call) -> Any:
        """Make one call and return its answer. Asks `check_hold` before a call that changes something.

        Raises `CallFailed`.
        """
        ...


class Seen(StrEnum):
    """What a look at the partner tells of an action that may have been begun before."""

    DONE = "done"
    NOT_DONE = "not-done"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a play: a sentence, and values that later steps may use."""

    text: str
    output: Mapping[str, Any] = field(default_factory=dict)


def _touches_nothing_named(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return {}
    yield  # It is a play, though an empty one.


def _keeps_nothing(arguments: Arguments) -> Play[Kept]:
    return {}
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """An action as its connector gives it: the declaration, and one play for each thing to do.

    `objects` reads what the action touches now (`{"tasks": ("arn...",)}`), `before` what its undo needs; both
    only read. `perform` acts; its last argument is our idempotency key. `seen` tells after a crash whether it
    was done (`perform` may have been begun once before with the same key). `verify` reads back: True when the
    world is as the action wanted it, None where the partner shows nothing that could tell. `undo` puts back
    what `before` kept.
    """

    declaration: Declaration
    perform: Callable[[Arguments, Kept, str], Play[Outcome]]
    seen: Callable[[Arguments, Kept, str], Play[Seen]]
    verify: Callable[[Arguments, Kept], Play[bool | None]]
    undo: Callable[[Arguments, Kept, str], Play[Outcome]] | None = None
    objects: Callable[[Arguments], Play[Mapping[str, tuple[str, ...]]]] = _touches_nothing_named
    before: Callable[[Arguments], Play[Kept]] = _keeps_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One stream that a collector gathered: `of` names the object it was read from, `source` its address.

    `gap` says of a stream that could not be gathered, or not as a whole, why; its content is what there is.
    """

    name: str
    media_type: str
    content: BinaryIO
    of: str = ""
    source: str = ""
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A collector as its connector gives it.

    `gather` is given `incident` (`INC-n`), `of` (the objects asked for, none for any) and its `parameters`.
    `volatility` orders collectors: 0 live state, 1 log buffers, 2 sessions and tokens, 3 configuration,
    4 snapshots. `parameters` are the names its targets must give, `options` those that they may give. What
    `encrypts` is kept only encrypted.
    """

    name: str
    summary: str
    volatility: int
    parameters: tuple[str, ...]
    gather: Callable[[Arguments], Play[tuple[Gathered, ...]]]
    options: tuple[str, ...] = ()
    encrypts: bool = False
    time_limit_s: float = 120.0
