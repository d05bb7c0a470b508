"""Runs commands of the signed allow-list: no shell, no environment but theirs, within limits."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tocsin.connectors.plain import paragraphs
from tocsin.connectors.shell.commands import Command, allowed_in
from tocsin.connectors.shell.signed import believed
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.fence import check_hold
from tocsin.domain.pack_file import parse
from tocsin.domain.ports.delivery import FailureKind

MOST_OUTPUT = 16_384
"""Bytes of output that are kept; what a command writes beyond that is lost."""


@dataclass(frozen=True, slots=True)
class ShellCaller:
    """Runs what is allowed at this very moment: file and signature are read again for every call."""

    values: Mapping[str, str] = field(repr=False)

    def call(self, call: Call) -> Any:
        """Run one command. A call that changes something must end with 0.

        Raises `CallFailed`, and `ShellUnsigned` where the allow-list is not believed.
        """
        command = self._allowed().get(call.operation)
        if command is None:
            raise CallFailed(FailureKind.REFUSED, "the signed allow-list does not hold this command")
        try:
            words = command.filled(call.parameters)
        except ValueError as name:
            raise CallFailed(FailureKind.REFUSED, f"the value of {name} is no plain word") from None
        check_hold()
        ended, output = _run(words, command, changes=call.changes)
        if call.changes and ended != 0:
            reason = f"{words[0]} ended with {ended}: {output[:300]}"
            raise CallFailed(FailureKind.UNKNOWN, reason, code=str(ended))
        return {"exit": ended, "output": output}

    def _allowed(self) -> Mapping[str, Command]:
        listed = believed(self.values)
        if listed is None:
            return {}
        path, text = listed
        return {one.operation: one for each in allowed_in(parse(text, path)) for one in each.commands}


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of signed commands."""
    return ShellCaller(values)


def _run(words: tuple[str, ...], command: Command, *, changes: bool) -> tuple[int, str]:
    """Run in a folder of its own, and kill the command with all that it started once its time is up."""
    with tempfile.TemporaryFile() as written, tempfile.TemporaryDirectory(prefix="tocsin-shell-") as folder:
        try:
            started = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                env=dict(command.environment),
                cwd=folder,
                start_new_session=True,
            )
        except OSError as error:
            reason = f"{words[0]} cannot be started: {error.strerror}"
            raise CallFailed(FailureKind.MISCONFIGURED, reason) from None
        ended = _waited(started, command.seconds)
        written.seek(0)
        output = paragraphs(written.read(MOST_OUTPUT).decode("utf-8", "replace"), limit=MOST_OUTPUT)
    if ended is None:
        kind = FailureKind.UNKNOWN if changes else FailureKind.RETRY_LATER
        raise CallFailed(kind, f"{words[0]} did not end within {command.seconds:g} s")
    return ended, output


def _waited(started: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return started.wait(seconds)
    except subprocess.TimeoutExpired:
        # The command leads a session of its own, so its group holds whatever it started.
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        return None
