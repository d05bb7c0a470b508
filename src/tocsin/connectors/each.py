"""Plays of actions that set one value on each of several objects, keep the old ones and read them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Play, Seen


def named_in(arguments: Arguments, argument: str) -> tuple[str, ...]:
    """Return the names that an argument holds, one or several, each once and in order."""
    found = arguments[argument]
    several: Sequence[object] = (found,) if isinstance(found, str) else found
    return tuple(dict.fromkeys(str(one) for one in several))


@dataclass(frozen=True, slots=True, kw_only=True)
class EachSet:
    """The plays of one such action; `argument` holds the names of the objects, `unit` says what they are.

    `read` and `write` make the calls for one object, `value_in` finds the value in what `read` is answered,
    `wanted` is the value to set. A value that is set twice is set once.
    """

    argument: str
    unit: str
    read: Callable[[str, Arguments], Call]
    value_in: Callable[[Any], Any]
    write: Callable[[str, Any, Arguments], Call]
    wanted: Callable[[Arguments], Any]

    def objects(self, arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
        """Name what is touched; nothing has to be asked for it."""
        return {self.unit: named_in(arguments, self.argument)}
        yield  # It is a play, though an empty one.

    def before(self, arguments: Arguments) -> Play[Kept]:
        """Read the value that each object has now."""
        values: dict[str, Any] = {}
        for name in named_in(arguments, self.argument):
            values[name] = self.value_in((yield self.read(name, arguments)))
        return {"values": values}

    def perform(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Set the value on each object."""
        names = named_in(arguments, self.argument)
        wanted = self.wanted(arguments)
        for name in names:
            yield self.write(name, wanted, arguments)
        return Outcome(text=f"{self.unit}: {len(names)} set", output={"count": len(names)})

    def seen(self, arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        """Tell whether every object has the value already."""
        is_so = yield from self.verify(arguments, kept)
        return Seen.DONE if is_so else Seen.NOT_DONE

    def verify(self, arguments: Arguments, kept: Kept) -> Play[bool]:
        """Read every object back."""
        wanted = self.wanted(arguments)
        are_set = []
        for name in named_in(arguments, self.argument):
            are_set.append(self.value_in((yield self.read(name, arguments))) == wanted)
        return all(are_set)

    def undo(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Put back the value that each object had."""
        values = kept.get("values", {})
        for name, value in values.items():
            yield self.write(name, value, arguments)
        return Outcome(text=f"{self.unit}: {len(values)} put back")
