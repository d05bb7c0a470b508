"""`tocsin source`: where signals and alerts come from, which is silent, and how their bodies are read."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.exits import Exit
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import leave, noun, verb

COLUMNS = ("source", "state", "last_seen", "expected_seconds", "owner")


@verb("list", example="tocsin source list")
def listed(show: Show) -> None:
    """List sources: when each was last heard, how long it may be quiet, and what it is now."""
    with opened() as app:
        seen = app.listen.seen()
    records = [
        {
            "source": each.source,
            "state": each.state.value,
            "last_seen": iso(each.last),
            "expected_seconds": None if each.expected is None else int(each.expected.total_seconds()),
            "owner": each.owner,
        }
        for each in seen
    ]
    show.rows("tocsin.source.list/1", records, COLUMNS)


@verb("secrets", example="tocsin source secrets")
def secrets(show: Show) -> None:
    """List old secrets that senders still use, so that they can be retired."""
    with opened() as app:
        uses = app.hearing.hooks.old_uses()
        now = app.clock.now()
    records = [
        {
            "source": f"{use.connector}/{use.source}",
            "secret": use.name,
            "times": use.times,
            "last_used": iso(use.last),
            "days_ago": (now - use.last).days,
        }
        for use in uses
    ]
    show.rows("tocsin.source.secrets/1", records, ("source", "secret", "times", "last_used", "days_ago"))


@verb("test", example="tocsin source test")
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--body", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Map this file.")
def tested(show: Show, *, names: tuple[str, ...], body: Path | None) -> None:
    """Run the samples of intake.yml as tests, or show what one source's mapping makes of a body."""
    from tocsin.app.intake_samples import run_samples, try_body
    from tocsin.app.packs import packs_of
    from tocsin.app.settings import load_settings
    from tocsin.connectors.mapping import parse_intake
    from tocsin.domain.clock import SystemClock

    if body is not None and len(names) != 1:
        raise click.UsageError("Name the one source whose mapping is to read the body.")
    intake, now = packs_of(load_settings()).file("intake.yml"), SystemClock().now()
    mappings = parse_intake(intake.text, intake.path)
    if body is not None:
        show.one("tocsin.source.map/1", try_body(mappings, names, body.read_bytes(), now))
        return
    results = run_samples(mappings, names, now)
    records = [
        {"source": each.source, "samples": each.samples, "failures": list(each.failures)} for each in results
    ]
    show.rows("tocsin.source.test/1", records, ("source", "samples", "failures"))
    leave(Exit.PROBLEMS if any(each.failures for each in results) else Exit.OK)


@verb("forget", example="tocsin source forget old-firewall")
@click.argument("name", metavar="SOURCE")
def forgotten(show: Show, *, name: str) -> None:
    """End the alert of a source that is gone for good; it is learned anew if it speaks again."""
    with opened() as app:
        app.listen.forget(name, actor())
    if show.as_json:
        show.one("tocsin.source.forget/1", {"source": name})
    show.say(f"{name} is expected no more.")


source = noun(
    "source",
    "Where signals and alerts come from: list, forget, secrets, test.",
    *(listed, forgotten, secrets, tested),
)
