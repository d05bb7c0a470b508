"""`tocsin source`: where signals come from, and which of them is silent."""

from __future__ import annotations

import click

from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import noun, verb

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


@verb("forget", example="tocsin source forget old-firewall")
@click.argument("name", metavar="SOURCE")
def forgotten(show: Show, *, name: str) -> None:
    """End the alert of a source that is gone for good; it is learned anew if it speaks again."""
    with opened() as app:
        app.listen.forget(name, actor())
    if show.as_json:
        show.one("tocsin.source.forget/1", {"source": name})
    show.say(f"{name} is expected no more.")


source = noun("source", "Where signals come from: list, forget.", listed, forgotten)
