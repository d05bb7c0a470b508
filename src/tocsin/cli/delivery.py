"""`tocsin delivery`: messages that did not get through, why, and a new try."""

from __future__ import annotations

import click

from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import noun, verb
from tocsin.domain.job import JobState

DEAD_COLUMNS = ("key", "channel", "incident", "age_s", "attempts", "status", "cause", "reason")
COLUMNS = ("key", "kind", "due_at", "attempts", "last_error")


@verb("list", example="tocsin delivery list --dead")
@click.option("--dead", is_flag=True, help="Those that were given up, instead of those still on their way.")
@click.option("--channel", default="", help="With --dead: those of one channel.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Most rows.")
def listed(show: Show, *, dead: bool, channel: str, limit: int) -> None:
    """List messages and other jobs that are still to be done, or that were given up, newest first."""
    if channel and not dead:
        raise click.UsageError("--channel goes with --dead.")
    if dead:
        _show_dead(show, channel, limit)
        return
    with opened() as app, app.store.reading() as shelves:
        jobs = shelves.jobs.listed(JobState.READY, limit)
        total = shelves.jobs.count(JobState.READY)
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
    show.rows("tocsin.delivery.list/1", records, COLUMNS, more=total - len(jobs))


@verb("replay", example="tocsin delivery replay --all --channel webhook")
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that were given up, of one channel or of all.")
@click.option("--channel", default="", help="With --all: those of one channel.")
def replayed(show: Show, *, keys: tuple[str, ...], everything: bool, channel: str) -> None:
    """Try dead messages again, under the same keys, so that a receiver that honours them sees each once."""
    if bool(keys) == everything or (channel and not everything):
        raise click.UsageError("Give keys, or --all with or without --channel.")

    with opened() as app:
        from tocsin.app.overseeing import dead_letters_of

        letters = dead_letters_of(app)
        again = letters.revive_all(channel, actor()) if everything else letters.revive(keys, actor())
    if show.as_json:
        show.one("tocsin.delivery.replay/2", {"keys": list(again)})
    show.say(f"{', '.join(again)} is due again." if len(again) == 1 else f"{len(again)} are due again.")


def _show_dead(show: Show, channel: str, limit: int) -> None:
    with opened() as app:
        from tocsin.app.overseeing import dead_letters_of

        letters = dead_letters_of(app)
        found, total, now = letters.listed(limit, channel), letters.count(channel), app.clock.now()
    records = [letter.record(now) for letter in found]
    show.rows("tocsin.delivery.dead/1", records, DEAD_COLUMNS, more=total - len(found))
    for remedy in dict.fromkeys(f"{letter.cause}: {letter.cause.remedy}" for letter in found):
        show.say(remedy)


delivery = noun("delivery", "Messages that did not get through: list, replay.", listed, replayed)
