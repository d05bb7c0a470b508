"""The root of all verbs: a table of where each noun lives, so that a start loads nothing it does not need."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from tocsin.cli.exits import Exit
from tocsin.cli.untrusted import visible


class ReaderGone(Exception):
    """Whoever read our output has closed the pipe; click itself would call that a failure."""


class LazyGroup(click.Group):
    """A group whose commands are `module:attribute` and one line of help, loaded when they are used."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the nouns in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command, None when there is none of this name."""
        if cmd_name not in self._table:
            return None
        module, _, attribute = self._table[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was perhaps meant."""
        near = difflib.get_close_matches(args[0], list(self._table), n=1)
        if args[0] not in self._table and not args[0].startswith("-"):
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs in one column, from the table, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in self._table.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def main(self, args: Sequence[str] | None = None, *rest: Any, **kwargs: Any) -> NoReturn:
        """Run the command line and leave with its exit code; a closed pipe and Ctrl-C are quiet."""
        for stream in (sys.stdout, sys.stderr):
            # A locale that lacks a character must not cost the whole answer.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        kwargs["standalone_mode"] = False
        try:
            code = super().main(args, *rest, **kwargs)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.ClickException as error:
            _print_usage(error)
            sys.exit(error.exit_code)
        except click.Abort:
            print("Interrupted.", file=sys.stderr)
            sys.exit(Exit.INTERRUPTED)
        except (BrokenPipeError, ReaderGone):
            # What is still buffered goes nowhere, so that the interpreter's own flush says nothing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Exit.OK)
        except OSError as error:
            # A full or failing disk, most often the one behind stdout; not a fault of the program.
            print(f"{error.filename or 'The output'}: {error.strerror}.", file=sys.stderr)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Exit.FAILED)
        sys.exit(code if isinstance(code, int) else Exit.OK)


def _print_usage(error: click.ClickException) -> None:
    """Print the three lines of a command that was not understood: what, what it means, what to do."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "tocsin"
    print(visible(error.format_message().replace("\n", " ")), file=sys.stderr)
    print("Nothing was done: the command was not understood.", file=sys.stderr)
    print(f"See `{path} --help`, which begins with an example.", file=sys.stderr)
