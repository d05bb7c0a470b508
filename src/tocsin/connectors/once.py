"""Plays of actions without an undo that leave nothing to read back: a message, a note, a deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Play, Seen

Found = Callable[[Arguments, str], Play[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOnce:
    """Leaves one thing that carries our key. `found` looks for it there and returns it, or None.

    `left` makes the call that leaves it, `told` says what came of the answer. Nothing is left twice, because
    it is looked for before every try.
    """

    found: Found
    left: Callable[[Arguments, str], Call]
    told: Callable[[Any], Outcome]

    def perform(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Look for it, and leave it if it is not there."""
        there = yield from self.found(arguments, key)
        if there is not None:
            return self.told(there)
        return self.told((yield self.left(arguments, key)))

    def seen(self, arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        """Tell whether it is there."""
        there = yield from self.found(arguments, key)
        return Seen.NOT_DONE if there is None else Seen.DONE
