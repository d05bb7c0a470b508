"""Goes through a play: for real, with somebody who makes its calls, or as a rehearsal with its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tocsin.domain.acting import Call, Caller, CallFailed, Play

Given = TypeVar("Given")

MOST_CALLS = 10_000
"""A play that asks for more than this does not end by itself."""


class PlayEndless(Exception):
    """A play asked for more calls than any honest one needs."""


@dataclass(frozen=True, slots=True)
class Rehearsal(Generic[Given]):
    """What a play would do: its calls in order, and what it gives when they are answered by its samples."""

    calls: tuple[Call, ...]
    given: Given


def drive(play: Play[Given], caller_of: Callable[[str], Caller]) -> Given:
    """Go through a play, each call made by the caller of its service, and return what it gives.

    `CallFailed` is thrown into the play, which may go on another way; what it lets pass is raised here, as is
    whatever `caller_of` raises for a service that is not set up.
    """
    return _gone_through(play, lambda call: caller_of(call.service).call(call))


def rehearse(play: Play[Given]) -> Rehearsal[Given]:
    """Go through a play without any call: each is answered by its own sample."""
    calls: list[Call] = []

    def answer(call: Call) -> Any:
        calls.append(call)
        return call.sample

    given = _gone_through(play, answer)
    return Rehearsal(tuple(calls), given)


def _gone_through(play: Play[Given], answer: Callable[[Call], Any]) -> Given:
    try:
        call = next(play)
        for _ in range(MOST_CALLS):
            try:
                answered = answer(call)
            except CallFailed as failed:
                call = play.throw(failed)
            else:
                call = play.send(answered)
    except StopIteration as ended:
        given: Given = ended.value
        return given
    play.close()
    raise PlayEndless(f"a play asked for more than {MOST_CALLS} calls")
