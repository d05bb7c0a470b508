"""`tocsin silence`: alerts that call nobody for a while, by whose word and for what reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.filters import read_filters
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import noun, verb

if TYPE_CHECKING:
    from tocsin.domain.silence import Silence

FIELDS = ("state", "owner", "reason", "planned")
COLUMNS = ("id", "state", "matchers", "owner", "reason", "ends_at")


NO_SILENCE = "Nothing is silenced. `tocsin silence add --help` shows how to."


@verb("list", example="tocsin silence list state!=expired owner=ada")
@click.argument("filters", nargs=-1)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Most rows.")
def listed(show: Show, *, filters: tuple[str, ...], limit: int) -> None:
    """List silences, the next to end first; FILTERS are field=value, !=, =~ or !~, since= and until=."""

    with opened() as app:
        from tocsin.app.hushing import hush_of, record_of

        now = app.clock.now()
        wanted = read_filters(filters, FIELDS, now)
        kept = [(record_of(each, now), each) for each in hush_of(app).listed()]
    found = [record for record, each in kept if wanted.holds(record, each.starts_at)]
    found.sort(key=lambda record: (record["state"] == "expired", record["ends_at"]))
    rows = [{**record, "matchers": ", ".join(record["matchers"])} for record in found[:limit]]
    records = found[:limit] if show.as_json else rows
    none = "No silence fits the filters. Leave them out to see all." if kept and filters else NO_SILENCE
    show.rows("tocsin.silence.list/1", records, COLUMNS, more=len(found) - limit, empty=none)


@verb("show", example="tocsin silence show 6f2c1a52-0000-4000-8000-000000000001")
@click.argument("silence_id", metavar="SILENCE")
def shown(show: Show, *, silence_id: str) -> None:
    """Show one silence, and which alerts that fire now it fits."""
    from tocsin.flow.hush import found

    with opened() as app:
        from tocsin.app.hushing import hush_of, id_of, record_of

        with app.store.reading() as shelves:
            silence = found(shelves, id_of(silence_id))
        fits = [each.short_name for each in hush_of(app).preview(silence.matchers).alerts]
        record = record_of(silence, app.clock.now())
    record = {**record, "fits_now": fits}
    show.one("tocsin.silence.show/1", record if show.as_json else _flat(record))


@verb(
    "add", example="tocsin silence add alertname=DiskFull service=shop --for 2h --reason 'Disk is replaced.'"
)
@click.argument("matchers", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why nobody must be called.")
@click.option("--for", "lasts", default="", help="How long, such as 30m, 2h or 1d.")
@click.option("--from", "starts_at", default="", help="When it begins, ISO 8601 with a zone; now by default.")
@click.option("--until", "ends_at", default="", help="When it ends, ISO 8601 with a zone.")
@click.option("--until-resolved", is_flag=True, help="End with the last alert that it mutes.")
@click.option("--rule", default="", help="Come again by an RFC 5545 rule, such as FREQ=WEEKLY;BYDAY=SU.")
@click.option("--zone", default="UTC", show_default=True, help="Zone of the rule's local times.")
@click.option("--each", default="", help="How long each time of the rule lasts.")
@click.option("--dry-run", is_flag=True, help="Only list the alerts that fire now and would fit.")
def added(show: Show, *, matchers: tuple[str, ...], dry_run: bool, **wanted: Any) -> None:
    """Silence the alerts that fit all MATCHERS (name=value, !=, =~ or !~)."""

    with opened() as app:
        from tocsin.app.hushing import Asked, ask, hush_of, matchers_of, record_of

        if dry_run:
            seen = hush_of(app).preview(matchers_of(matchers))
            rows = [{"id": each.short_name, "title": each.title} for each in seen.alerts]
            show.rows("tocsin.silence.preview/1", rows, ("id", "title"))
            return
        made = ask(app, Asked(matchers=matchers, **wanted), actor())
        record = record_of(made, app.clock.now())
    _done(show, made, record, "mutes" if record["state"] == "active" else f"is {record['state']}")
    if made.needs_second:
        show.say("It could mute guarded P1 alerts: it mutes nothing until a second person confirms it.")


@verb("confirm", example="tocsin silence confirm 6f2c1a52-0000-4000-8000-000000000001")
@click.argument("silence_id", metavar="SILENCE")
def confirmed(show: Show, *, silence_id: str) -> None:
    """Say where a second person confirms a silence: in the console, signed in as themselves."""
    from tocsin.flow.hush import found
    from tocsin.triage.silence_rules import ConfirmationRefused

    with opened() as app:
        from tocsin.app.hushing import id_of

        with app.store.reading() as shelves:
            found(shelves, id_of(silence_id))
        base = app.settings.text("TOCSIN_PUBLIC_URL").rstrip("/")
    raise ConfirmationRefused(
        "A silence is not confirmed on the command line: nobody is signed in here.",
        f"Sign in as a person who may command, and confirm it at {base}/silences.",
    )


@verb("expire", example="tocsin silence expire 6f2c1a52-0000-4000-8000-000000000001")
@click.argument("silence_id", metavar="SILENCE")
def expired(show: Show, *, silence_id: str) -> None:
    """End a silence now; alerts that still fire call people again."""

    with opened() as app:
        from tocsin.app.hushing import hush_of, id_of, record_of

        silence = hush_of(app).expire(id_of(silence_id), actor())
        _done(show, silence, record_of(silence, app.clock.now()), "has ended")


def _done(show: Show, silence: Silence, record: dict[str, Any], words: str) -> None:
    if show.as_json:
        show.one("tocsin.silence.show/1", record)
    show.say(f"Silence {silence.silence_id} {words}.")


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    again = record["recurrence"]
    return {
        **record,
        "matchers": ", ".join(record["matchers"]),
        "recurrence": f"{again['rule']} ({again['zone']}), {again['each_s']} s each" if again else "",
        "fits_now": " ".join(record["fits_now"]),
    }


silence = noun(
    "silence", "Silences: list, show, add, confirm, expire.", listed, shown, added, confirmed, expired
)
