"""`tocsin up` and `tocsin migrate`: make what is missing, then serve."""

from __future__ import annotations

import sys

import click

from tocsin.cli.show import Show
from tocsin.cli.verb import verb


@verb("up", example="tocsin up --drill credential-stuffing")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8420, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option("--drill", metavar="NAME", help="Play this scenario after the start, with a practice cast.")
def up(show: Show, *, host: str, port: int, drill: str | None) -> None:
    """Serve and work in one process; what is missing is made, the database is brought up to date."""
    from tocsin.process.preparing import Stand, listen, prepare, settings_for

    stand = Stand(host, port, drill)
    settings = settings_for(stand, None)
    listening = listen(stand)
    with listening:
        prepare(settings)
        # Django is set up only now, and what serves imports its models.
        from tocsin.process.serving import serve

        serve(settings, stand, listening, lambda words: print(words, file=sys.stderr, flush=True))


@verb("migrate", example="tocsin migrate --home /var/lib/tocsin")
def migrate(show: Show) -> None:
    """Make the home folder and bring the database up to date; safe to repeat."""
    from tocsin.app.settings import load_settings
    from tocsin.process.preparing import prepare

    settings = load_settings()
    prepare(settings)
    if show.as_json:
        show.one("tocsin.migrate/1", {"home": str(settings.home)})
    show.say(f"The database of {settings.home} is up to date.")
