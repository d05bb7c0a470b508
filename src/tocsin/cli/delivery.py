"""`tocsin delivery`: messages that did not get through, and a new try."""

from __future__ import annotations

import click

from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import noun, verb
from tocsin.domain.job import JobState

COLUMNS = ("key", "kind", "attempts", "last_error")


@verb("list", example="tocsin delivery list --dead")
@click.option("--dead", is_flag=True, help="Those that were given up, instead of those still on their way.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Most rows.")
def listed(show: Show, *, dead: bool, limit: int) -> None:
    """List messages and other jobs that are still to be done, or that were given up."""
    state = JobState.DEAD if dead else JobState.READY
    with opened() as app, app.store.reading() as shelves:
        jobs = shelves.jobs.listed(state, limit)
        total = shelves.jobs.count(state)
    records = [
        {
            "key": job.key,
            "kind": job.kind,
            "state": job.state.value,
            "due_at": iso(job.run_at),
            "attempts": job.attempts,
            "last_error": job.last_error,
        }
        for job in jobs
    ]
    columns = COLUMNS if dead else ("key", "kind", "due_at", "attempts", "last_error")
    show.rows("tocsin.delivery.list/1", records, columns, more=total - len(jobs))


@verb("replay", example="tocsin delivery replay page-6f0c…-1")
@click.argument("key")
def replayed(show: Show, *, key: str) -> None:
    """Try a dead message again, under the same key, so that a receiver that honours it sees it once."""
    with opened() as app:
        app.deliver.revive(key, actor())
    if show.as_json:
        show.one("tocsin.delivery.replay/1", {"key": key})
    show.say(f"{key} is due again.")


delivery = noun("delivery", "Messages that did not get through: list, replay.", listed, replayed)
