"""`tocsin person`: who can sign in, with which role, and the links that let them in the first time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import asked_yes, noun, verb
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Role

if TYPE_CHECKING:
    from tocsin.app.wiring import App
    from tocsin.store.accounts import Accounts

ROLES = tuple(role.value for role in Role if role is not Role.INGEST)
COLUMNS = ("username", "name", "role", "active", "drill")
LINK_HOURS = 12


@verb("add", example="tocsin person add ada --name 'Ada Lovelace' --role commander")
@click.argument("username")
@click.option("--name", required=True, help="How people call this person.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What this person may do.")
@click.option("--email", default="", help="Mail address.")
def added(show: Show, *, username: str, name: str, role: str, email: str) -> None:
    """Make an account and print a one-time link to sign in with."""
    with opened() as app:
        _accounts().create(username, name, Role(role), email=email)
        _note(app, "account made", username, role=role)
        _print_link(show, app, username)


@verb("list", example="tocsin person list")
def listed(show: Show) -> None:
    """List the accounts."""
    with opened():
        accounts = _accounts().everybody()
    records = [
        {
            "username": each.username,
            "name": each.display_name,
            "role": each.role,
            "email": each.email,
            "active": each.is_active,
            "drill": each.is_drill,
            "last_login_at": iso(each.last_login),
        }
        for each in accounts
    ]
    show.rows("tocsin.person.list/1", records, COLUMNS)


@verb("link", example="tocsin person link ada")
@click.argument("username")
@click.option("--code", default="", help="Confirm a code that a partner has shown to this person.")
@click.option("--partner", default="", metavar="WHO", help="Link somebody at a partner, slack:T012.U034.")
def linked(show: Show, *, username: str, code: str, partner: str) -> None:
    """Print a new one-time link that signs a person in, or link the person to their self at a partner."""
    with opened() as app:
        if code or partner:
            demand_account(username)
            _link_partner(show, app, username, code, partner)
        else:
            _print_link(show, app, username)


@verb("links", example="tocsin person links")
def links(show: Show) -> None:
    """List who at a partner acts as whom here."""
    with opened() as app:
        found = app.hearing.hooks.partner.links()
    records = [
        {"partner": each.who, "username": each.username, "shown": each.shown, "linked_at": each.linked_at}
        for each in found
    ]
    show.rows("tocsin.person.links/1", records, ("partner", "username", "shown", "linked_at"))


@verb("unlink", example="tocsin person unlink slack:T012.U034")
@click.argument("partner", metavar="WHO")
def unlinked(show: Show, *, partner: str) -> None:
    """End the link of somebody at a partner; what they do there counts no more."""
    with opened() as app:
        app.hearing.hooks.partner.unlink(partner, actor())
    if show.as_json:
        show.one("tocsin.person.unlink/1", {"partner": partner})
    show.say(f"{partner} acts for nobody any more.")


@verb("remove", example="tocsin person remove --drill")
@click.argument("username", required=False)
@click.option("--drill", is_flag=True, help="Remove the practice accounts and the drill's on-call file.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def removed(show: Show, *, username: str | None, drill: bool, yes: bool) -> None:
    """Take an account away; what the person did stays in the log."""
    if drill == (username is not None):
        raise click.UsageError("Name one account, or give --drill for the practice accounts.")
    with opened() as app:
        if drill:
            from tocsin.app.drills import remove_cast

            count = remove_cast(_accounts(), app.settings.home)
            _note(app, "practice accounts removed", "drill")
        else:
            demand_account(str(username))
            asked_yes(f"Take the account {username} away?", yes=yes)
            _accounts().remove(str(username))
            _note(app, "account removed", str(username))
            count = 1
    if show.as_json:
        show.one("tocsin.person.remove/1", {"removed": count})
    show.say(f"{count} accounts removed.")


def demand_account(username: str) -> None:
    """Say that the account is not there. Raises `NotFound`."""
    if _accounts().by_username(username) is None:
        raise NotFound(
            f"There is no account {username[:80]!r}.",
            means="Nothing was changed.",
            next_step="`tocsin person list` shows those there are.",
        )


def _print_link(show: Show, app: App, username: str) -> None:
    token = _accounts().sign_in_link(username, app.clock.now(), timedelta(hours=LINK_HOURS))
    _note(app, "sign-in link made", username)
    link = f"{app.settings.text('TOCSIN_PUBLIC_URL').rstrip('/')}/sign-in/{token}"
    if show.as_json:
        show.one(
            "tocsin.person.link/1", {"username": username, "link": link, "valid_for_s": LINK_HOURS * 3600}
        )
    else:
        click.echo(link)
    show.say(f"The link signs {username} in once, within {LINK_HOURS} hours. It is shown only now.")


def _link_partner(show: Show, app: App, username: str, code: str, partner: str) -> None:
    if bool(code) == bool(partner):
        raise click.UsageError("Give --code or --partner, not both.")
    acts = app.hearing.hooks.partner
    made = acts.confirm(code, username) if code else acts.link(partner, username, actor())
    if show.as_json:
        show.one("tocsin.person.link/1", {"username": made.username, "partner": made.who})
    show.say(f"{made.who} acts as {made.username} from now on.")


def _accounts() -> Accounts:
    from tocsin.store.accounts import Accounts
    from tocsin.store.django_store import DjangoStore

    return Accounts(DjangoStore())


def _note(app: App, done: str, subject: str, **facts: str) -> None:
    app.access.done(done, actor=actor(), subject=subject, **facts)


person = noun(
    "person",
    "Accounts: add, list, link, remove; who acts at partners: links, unlink.",
    *(added, listed, linked, removed, links, unlinked),
)
