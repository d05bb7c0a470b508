"""`tocsin help`: exit codes and error codes, in the words of the docs."""

from __future__ import annotations

import re

import click

from tocsin.cli.errors import explained, known
from tocsin.cli.exits import Exit
from tocsin.cli.show import Show
from tocsin.cli.verb import noun, verb
from tocsin.domain.errors import NotFound

_CODE = re.compile(r"[a-z0-9_]{1,64}")


@verb("exit-codes", example="tocsin help exit-codes")
def exit_codes(show: Show) -> None:
    """Print what each exit code means."""
    records = [{"code": int(code), "meaning": code.meaning} for code in Exit]
    show.rows("tocsin.help.exit-codes/1", records, ("code", "meaning"))


@verb("errors", example="tocsin help errors move_refused")
@click.argument("code", required=False)
def errors(show: Show, *, code: str | None) -> None:
    """Explain an error code; without CODE, list all."""
    if code is None:
        show.rows("tocsin.help.errors/1", [{"code": each} for each in known()], ("code",))
        return
    found = explained(code) if _CODE.fullmatch(code) else None
    if found is None:
        raise NotFound(
            f"There is no error code {code[:64]!r}.",
            means="Nothing was explained.",
            next_step="`tocsin help errors` lists all.",
        )
    show.one("tocsin.help.errors/1", found)


helps = noun("help", "Exit codes and error codes explained.", exit_codes, errors)
