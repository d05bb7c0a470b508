"""`tocsin token`: API tokens, each shown once."""

from __future__ import annotations

from datetime import timedelta

import click

from tocsin.cli.ids import demand_number, unknown
from tocsin.cli.opened import actor, opened
from tocsin.cli.person import demand_account
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import noun, verb
from tocsin.domain.person import Role

# Consent needs a signed-in person, so there is no token for approvers.
ROLES = tuple(role.value for role in Role if role is not Role.APPROVER)
COLUMNS = ("id", "name", "role", "created_at", "expires_at", "revoked_at")


@verb("create", example="tocsin token create --name prometheus --role ingest")
@click.option("--name", required=True, help="What it is for.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What it may do.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it lives; until revoked, unless given.")
@click.option("--person", default="", help="Whose it is: what it asks for, this person asks for.")
def created(show: Show, *, name: str, role: str, days: int | None, person: str) -> None:
    """Make a token; its text is printed now and never again."""
    if name.startswith("drill"):
        raise click.UsageError("Names that begin with 'drill' are kept for drills; choose another.")
    with opened() as app:
        from tocsin.app.tokens import make_token

        if person:
            demand_account(person)
        lives = None if days is None else timedelta(days=days)
        whose = {"actor": actor(), "person": person}
        made = make_token(app.store, app.clock, name=name, role=Role(role), lives=lives, **whose)
    if show.as_json:
        show.one(
            "tocsin.token.create/1",
            {
                "id": _short_name(made.number),
                "number": made.number,
                "name": name,
                "role": role,
                "person": person,
                "token": made.text,
                "expires_at": iso(made.expires_at),
            },
        )
    else:
        click.echo(made.text)
    show.say(f"{_short_name(made.number)} is for {name} ({role}). It is shown only now.")


@verb("list", example="tocsin token list")
def listed(show: Show) -> None:
    """List tokens; their texts are not kept."""
    with opened() as app, app.store.reading() as shelves:
        rows = shelves.tokens.listed()
    records = [
        {"id": _short_name(row["number"]), **{name: _value(name, text) for name, text in row.items()}}
        for row in rows
    ]
    show.rows("tocsin.token.list/1", records, COLUMNS)


@verb("revoke", example="tocsin token revoke TOK-3")
@click.argument("token_id", metavar="TOKEN")
def revoked(show: Show, *, token_id: str) -> None:
    """End a token now."""
    with opened() as app:
        from tocsin.app.tokens import end_token

        wanted = demand_number(token_id, "TOK", "tocsin token list")
        if not end_token(app.store, app.clock, wanted, actor=actor()):
            raise unknown(token_id, "TOK", "tocsin token list")
    if show.as_json:
        show.one("tocsin.token.revoke/1", {"id": _short_name(wanted), "number": wanted})
    show.say(f"{_short_name(wanted)} is revoked.")


def _short_name(number: int | str) -> str:
    return f"TOK-{number}"


def _value(name: str, text: str) -> str | int | None:
    if name == "number":
        return int(text)
    return text.replace("+00:00", "Z") if text else None


token = noun("token", "API tokens: create, list, revoke.", created, listed, revoked)
