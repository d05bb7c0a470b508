"""The plays of signed commands: run, look, take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.connectors.shell.commands import Allowed, Command, allowed_in
from tocsin.connectors.shell.signed import believed
from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Performer, Play, Seen
from tocsin.domain.action import ActionClass, Repeat
from tocsin.domain.pack_file import parse


@dataclass(frozen=True, slots=True)
class Plays:
    """The plays of one signed command."""

    allowed: Allowed

    def perform(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Run it, after a look where only that tells a repeat."""
        declared = self.allowed.declaration
        is_looked_up = declared.repeat is Repeat.LOOK_UP and self.allowed.look is not None
        if is_looked_up and (yield from self.verify(arguments, kept)):
            return Outcome(text="it was so already")
        reads = declared.action_class is ActionClass.READ
        answer = yield _call(self.allowed.run, arguments, changes=not reads)
        return Outcome(text="the command ended with 0", output={"output": answer["output"]})

    def seen(self, arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        """Look; without a look only what reads may be run again."""
        if self.allowed.look is None:
            reads = self.allowed.declaration.action_class is ActionClass.READ
            return Seen.NOT_DONE if reads else Seen.CANNOT_TELL
        is_done = yield from self.verify(arguments, kept)
        return Seen.DONE if is_done else Seen.NOT_DONE

    def verify(self, arguments: Arguments, kept: Kept) -> Play[bool | None]:
        """Look: a command that ends with 0 says that it is as wanted; without one nobody can tell."""
        if self.allowed.look is None:
            return True if self.allowed.declaration.action_class is ActionClass.READ else None
        answer = yield _call(self.allowed.look, arguments, changes=False, ends=1)
        return bool(answer["exit"] == 0)

    def undo(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Take it back."""
        assert self.allowed.undo is not None
        yield _call(self.allowed.undo, arguments, changes=True)
        return Outcome(text="the command that takes it back ended with 0")


def performers_by(values: Mapping[str, str]) -> tuple[Performer, ...]:
    """Return the commands that the settings' allow-list allows.

    Raises `ShellUnsigned`, `Misconfigured`, and `PackProblem` for a list that is signed and makes no sense.
    """
    listed = believed(values)
    if listed is None:
        return ()
    path, text = listed
    return tuple(_performer(one) for one in allowed_in(parse(text, path)))


def _performer(allowed: Allowed) -> Performer:
    plays = Plays(allowed)
    return Performer(
        declaration=allowed.declaration,
        perform=plays.perform,
        seen=plays.seen,
        verify=plays.verify,
        undo=plays.undo if allowed.undo is not None else None,
    )


def _call(command: Command, arguments: Arguments, *, changes: bool, ends: int = 0) -> Call:
    parameters = {name: value for name, value in arguments.items() if f"{{{name}}}" in command.operation}
    return Call(
        service="shell",
        operation=command.operation,
        parameters=parameters,
        changes=changes,
        sample={"exit": ends, "output": ""},
    )
