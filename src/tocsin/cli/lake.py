"""`tocsin lake`: what is stored of the past, for how long, and the proof that it is what was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.exits import Exit
from tocsin.cli.filters import time_typed
from tocsin.cli.ids import find_incident
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import leave, noun, verb
from tocsin.domain.incident import Status

if TYPE_CHECKING:
    from tocsin.app.lakekeeping import Lakekeeping
    from tocsin.app.wiring import App
    from tocsin.store.lake.lake import Contents
    from tocsin.store.lake.manifest import Hold

COLUMNS = ("source", "hot_bytes", "segments", "rows", "bytes", "cold", "first_time", "last_time", "held")
DUE_COLUMNS = ("fate", "path", "source", "rows", "last_time", "hold")
HOLD_COLUMNS = ("id", "source", "since", "until", "incident", "reason", "placed_by", "placed_at")
# Around an incident's own time, because what led to it lies before its first alert.
AROUND = timedelta(days=1)


@verb("status", example="tocsin lake status --json")
def status(show: Show) -> None:
    """Show what is kept of each source: hot, sealed and cold, from when to when, and under how many holds."""
    with _keeping() as (_, keeping):
        contents = keeping.lake.contents()
        records = [_source_record(source, contents) for source in keeping.lake.sources()]
    show.rows("tocsin.lake.status/1", records, COLUMNS)
    show.say(f"The manifest has {contents.listing.lines} lines; its head is {contents.listing.head}.")


@verb("verify", example="tocsin lake verify")
def verified(show: Show) -> None:
    """Verify the manifest's chain, each segment's bytes, and what the log remembers; 7 when broken."""
    with _keeping() as (_, keeping):
        faults = keeping.faults()
    if show.as_json:
        show.one("tocsin.lake.verify/1", {"sound": not faults, "faults": list(faults)})
    for each in faults:
        show.warn(each)
    show.say("The lake is broken." if faults else "The lake is sound: everything listed is what was written.")
    leave(Exit.BROKEN if faults else Exit.OK)


@verb("seal", example="tocsin lake seal")
def sealed(show: Show) -> None:
    """Seal what is judged and due now; a running server has it done by itself."""
    with _keeping() as (_, keeping):
        keeping.end_due()
        done = keeping.seal()
    records = [
        {"source": each.source, "rows": each.rows, "segments": len(each.segments), "head": each.head}
        for each in done
    ]
    show.rows("tocsin.lake.seal/1", records, ("source", "rows", "segments", "head"))


@verb("retain", example="tocsin lake retain --dry-run")
@click.option("--dry-run", is_flag=True, help="Only show what is due.")
def retained(show: Show, *, dry_run: bool) -> None:
    """Move segments to the cold folder and delete old ones, as lake.yml says; a legal hold wins."""
    with _keeping() as (_, keeping):
        due = keeping.due() if dry_run else keeping.retain()
    records = [
        {
            "fate": each.fate.value,
            "path": each.segment.path,
            "source": each.segment.source,
            "rows": each.segment.rows,
            "last_time": _instant(each.segment.last_time),
            "hold": each.hold.hold_id if each.hold else None,
        }
        for each in due
    ]
    show.rows("tocsin.lake.retain/1", records, DUE_COLUMNS)


@verb("add", example="tocsin lake hold add --source vpn --since 90d --reason 'Case 4711 of the county court'")
@click.option("--source", default="", help="Only this source; all, unless said.")
@click.option("--since", help="From this time on: 90d, or 2026-11-21T10:00:00Z.")
@click.option("--until", help="Up to this time.")
@click.option("--incident", help="The time of this incident and a day around it.")
@click.option("--reason", required=True, help="Who asks for what; it is kept in the log.")
def held(show: Show, *, source: str, reason: str, **range_: Any) -> None:
    """Keep stored signals from being deleted until the hold is lifted, whatever the policy says."""
    from tocsin.store.lake.manifest import Hold, micros

    with _keeping() as (app, keeping):
        now = app.clock.now()
        since, until = (_typed(range_[name], now) for name in ("since", "until"))
        incident = ""
        if range_["incident"]:
            incident, since, until = _around(app, range_["incident"])
        hold = keeping.hold(
            Hold(
                hold_id="",
                source=source,
                since=None if since is None else micros(since),
                until=None if until is None else micros(until),
                incident=incident,
                reason=reason,
                placed_by=actor(),
                placed_at="",
            )
        )
    if show.as_json:
        show.one("tocsin.lake.hold/1", _hold_record(hold))
    show.say(f"{hold.hold_id} is in force.")


@verb("list", example="tocsin lake hold list")
def holds(show: Show) -> None:
    """List the legal holds in force."""
    with _keeping() as (_, keeping):
        found = keeping.lake.contents().listing.holds
    show.rows("tocsin.lake.hold.list/1", [_hold_record(each) for each in found], HOLD_COLUMNS)


@verb("release", example="tocsin lake hold release H-1a2b3c4d --reason 'The case is closed'")
@click.argument("hold_id", metavar="HOLD")
@click.option("--reason", required=True, help="Who allowed it; it is kept in the log.")
def released(show: Show, *, hold_id: str, reason: str) -> None:
    """Lift a legal hold; what it covered is then kept as the policy says."""
    with _keeping() as (_, keeping):
        keeping.release(hold_id, reason, actor())
    show.say(f"{hold_id} is lifted.")


@contextmanager
def _keeping() -> Iterator[tuple[App, Lakekeeping]]:
    with opened() as app:
        # Only now: it stands on models, which need Django ready.
        from tocsin.app.lakekeeping import keeping_of

        yield app, keeping_of(app)


def _source_record(source: str, contents: Contents) -> dict[str, Any]:
    sealed = [each for each in contents.segments if each.source == source]
    firsts = [each.first_time for each in sealed if each.first_time is not None]
    lasts = [each.last_time for each in sealed if each.last_time is not None]
    holds = contents.listing.holds
    return {
        "source": source,
        "hot_bytes": sum(file.size() for name, file in contents.hot if name == source),
        "segments": len(sealed),
        "rows": sum(each.rows for each in sealed),
        "bytes": sum(each.size for each in sealed),
        "cold": sum(each.cold for each in sealed),
        "first_time": _instant(min(firsts, default=None)),
        "last_time": _instant(max(lasts, default=None)),
        "held": sum(any(hold.covers(each) for hold in holds) for each in sealed),
    }


def _around(app: App, named: str) -> tuple[str, datetime, datetime | None]:
    """Return an incident's name, and its time with a day around it; one that goes on has no end."""
    with app.store.reading() as shelves:
        incident = find_incident(shelves, named)
        alerts = shelves.alerts.of_incident(incident.incident_id)
        ended = (
            [each.at for each in shelves.timeline.of_incident(incident.incident_id)]
            if incident.status is Status.CLOSED
            else []
        )
    first = min([incident.detected_at, *(each.starts_at for each in alerts)])
    return incident.short_name, first - AROUND, max(ended) + AROUND if ended else None


def _typed(text: str | None, now: datetime) -> datetime | None:
    return None if text is None else time_typed(text, now)


def _hold_record(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.hold_id,
        "source": hold.source or None,
        "since": _instant(hold.since),
        "until": _instant(hold.until),
        "incident": hold.incident or None,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at,
    }


def _instant(micros: int | None) -> str | None:
    return None if micros is None else iso(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))


hold = noun("hold", "Legal holds on stored signals: add, list, release.", held, holds, released)
lake = noun("lake", "Stored signals: status, verify, seal, retain, hold.", status, verified, sealed, retained)
lake.add_command(hold)
