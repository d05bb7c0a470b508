"""What every verb has in common: the options, the shown answer, and the end with an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tocsin.cli.exits import Exit, exit_of
from tocsin.cli.show import Show, print_error
from tocsin.domain.errors import Explained

Function = TypeVar("Function", bound=Callable[..., Any])


def _common() -> list[click.Parameter]:
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON."),
        click.Option(["--plain"], is_flag=True, help="Print tab-separated columns, also on a terminal."),
        click.Option(["--quiet", "-q"], is_flag=True, help="Say nothing but errors on stderr."),
        click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
        click.Option(
            ["--home"],
            type=click.Path(path_type=Path, file_okay=False),
            help="Home folder of Tocsin (TOCSIN_HOME).",
        ),
    ]


class Verb(click.Command):
    """A command whose refusals are three lines and an exit code. The function gets a `Show` first."""

    def __init__(self, name: str | None, *, params: list[click.Parameter], **kwargs: Any) -> None:
        super().__init__(name, params=[*params, *_common()], **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb. `--home` is put where every room looks for it: into the environment."""
        home = ctx.params.pop("home")
        if home is not None:
            os.environ["TOCSIN_HOME"] = str(home.absolute())
        ctx.obj = Show(**{name: ctx.params.pop(name) for name in ("as_json", "plain", "quiet", "debug")})
        try:
            return super().invoke(ctx)
        except Explained as error:
            if ctx.obj.debug:
                raise
            print_error(error)
            leave(exit_of(error))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help with its example first."""
        if self.epilog:
            formatter.write("Example:\n")
            for line in self.epilog.splitlines():
                formatter.write(f"  {line.strip()}\n")
            formatter.write("\n")
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)


def verb(name: str, *, example: str) -> Callable[[Callable[..., Any]], Verb]:
    """Make a function a verb; its docstring is the help, `example` stands above it."""

    def made(function: Callable[..., Any]) -> Verb:
        command = click.command(name, cls=Verb, epilog=example)(click.pass_obj(function))
        assert isinstance(command, Verb)
        return command

    return made


def noun(name: str, words: str, *verbs: Verb) -> click.Group:
    """Make a group of verbs."""
    return click.Group(name, commands={each.name or "": each for each in verbs}, help=words)


def leave(code: Exit) -> None:
    """End the command with an exit code; does not return for any but `ok`."""
    if code is not Exit.OK:
        raise click.exceptions.Exit(int(code))


def asked_yes(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be taken back; without a terminal `--yes` must have been given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to ask on; give --yes.")
    if not click.confirm(question, err=True):
        raise click.Abort
