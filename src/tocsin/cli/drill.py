"""`tocsin drill`: scenarios there are, and one played against the running server."""

from __future__ import annotations

import click

from tocsin.cli.opened import opened
from tocsin.cli.show import Show
from tocsin.cli.verb import noun, verb


@verb("list", example="tocsin drill list")
def listed(show: Show) -> None:
    """List the scenarios of all packs."""
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings
    from tocsin.intake.scenario import parse_scenario

    packs = packs_of(load_settings())
    records = []
    for name in packs.drills():
        file = packs.drill(name)
        scenario = parse_scenario(file.text, file.path)
        records.append(
            {
                "name": name,
                "title": scenario.title,
                "source": scenario.source,
                "description": scenario.description,
            }
        )
    show.rows("tocsin.drill.list/1", records, ("name", "title"))


@verb("run", example="tocsin drill run credential-stuffing")
@click.argument("name")
@click.option("--url", help="Address of the server; TOCSIN_PUBLIC_URL unless given.")
def run(show: Show, *, name: str, url: str | None) -> None:
    """Play a scenario through the intake of the running server; what comes of it is marked as practice."""
    with opened() as app:
        from tocsin.app import drills

        played = drills.play(app, name, url or app.settings.text("TOCSIN_PUBLIC_URL"))
    if show.as_json:
        show.one(
            "tocsin.drill.run/1",
            {"name": name, "accepted": played.accepted, "quarantined": played.quarantined},
        )
    show.say(
        f"{played.scenario.title}: {played.accepted} signals were taken. "
        "See `tocsin incident list drill=true`."
    )


drill = noun("drill", "Game days through the real intake.", listed, run)
