"""`tocsin alert`: what was reported, and what could not be understood."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from tocsin.cli.filters import read_filters
from tocsin.cli.ids import demand_number, find_alert
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import noun, verb
from tocsin.domain.alert import Alert
from tocsin.domain.arrival import Quarantined

FIELDS = ("title", "source", "status", "incident", "drill", "fingerprint")
COLUMNS = ("id", "status", "title", "source", "count", "incident", "starts_at")
MOST_READ = 10_000
SHOWN_BODY = 2000


@verb("list", example="tocsin alert list status=firing since=1h")
@click.argument("filters", nargs=-1)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, MOST_READ), help="Most rows.")
def listed(show: Show, *, filters: tuple[str, ...], limit: int) -> None:
    """List alerts, newest first; FILTERS are field=value, !=, =~ or !~, since= and until=."""
    with opened() as app:
        now = app.clock.now()
        wanted = read_filters(filters, FIELDS, now)
        with app.store.reading() as shelves:
            alerts = shelves.alerts.recent(MOST_READ)
            names = {each.incident_id: "" for each in alerts if each.incident_id}
            for incident_id in names:
                found = shelves.incidents.get(incident_id)
                names[incident_id] = found.short_name if found else ""
    records = [
        _record(each, now, names.get(each.incident_id, "") if each.incident_id else "") for each in alerts
    ]
    passed = [
        record for record, each in zip(records, alerts, strict=True) if wanted.holds(record, each.starts_at)
    ]
    show.rows("tocsin.alert.list/1", passed[:limit], COLUMNS, more=len(passed) - limit)


@verb("show", example="tocsin alert show ALR-7")
@click.argument("alert_id", metavar="ALERT")
def shown(show: Show, *, alert_id: str) -> None:
    """Show one alert with its labels and its raw records."""
    with opened() as app:
        now = app.clock.now()
        with app.store.reading() as shelves:
            found = find_alert(shelves, alert_id)
            incident = shelves.incidents.get(found.incident_id) if found.incident_id else None
            story = shelves.alerts.story(found.number)
    record = _record(found, now, incident.short_name if incident else "")
    show.one(
        "tocsin.alert.show/1",
        {
            **record,
            "labels": dict(found.labels),
            "annotations": dict(found.annotations),
            "generator_url": found.generator_url,
            "muted_by": found.muted_by,
            "story": [f"{iso(line.at)} {line.text}" for line in story],
            "evidence": list(found.evidence),
        },
    )


@verb("quarantine", example="tocsin alert quarantine")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, MOST_READ), help="Most rows.")
def quarantine(show: Show, *, limit: int) -> None:
    """List what came in and could not be understood, newest first."""
    with opened() as app, app.store.reading() as shelves:
        waiting = shelves.quarantine.waiting(limit)
        total = shelves.quarantine.count_waiting()
    columns = ("id", "received_at", "connector", "source", "reason")
    records = [_set_aside(each) for each in waiting]
    show.rows("tocsin.alert.quarantine/1", records, columns, more=total - len(waiting))


@verb("replay", example="tocsin alert replay Q-2")
@click.argument("quarantined", metavar="QUARANTINED")
def replay(show: Show, *, quarantined: str) -> None:
    """Put something from quarantine through its intake again."""
    with opened() as app:
        number = demand_number(quarantined, "Q", "tocsin alert quarantine")
        result = app.hearing.replay(number, actor())
    if show.as_json:
        show.one("tocsin.alert.replay/1", {"id": f"Q-{number}", "result": result})
    show.say(f"{result}.")


@verb("discard", example="tocsin alert discard Q-2 --reason 'A port scan, no alert.'")
@click.argument("quarantined", metavar="QUARANTINED")
@click.option("--reason", default="", help="Why it will never be needed; it is kept in the log.")
def discarded(show: Show, *, quarantined: str, reason: str) -> None:
    """Take something out of quarantine for good; its bytes stay in the database."""
    with opened() as app:
        from tocsin.app.discarding import discard

        number = demand_number(quarantined, "Q", "tocsin alert quarantine")
        name = discard(app.store, app.clock, number, actor=actor(), reason=reason)
    if show.as_json:
        show.one("tocsin.alert.discard/1", {"id": name})
    show.say(f"{name} is discarded.")


def _record(alert: Alert, now: datetime, incident: str) -> dict[str, Any]:
    return {
        "id": alert.short_name,
        "status": alert.status(now).value,
        "title": alert.title,
        "source": alert.source,
        "count": alert.count,
        "incident": incident or None,
        "drill": alert.is_drill,
        "fingerprint": alert.fingerprint,
        "starts_at": iso(alert.starts_at),
        "ends_at": iso(alert.ends_at),
        "updated_at": iso(alert.updated_at),
    }


def _set_aside(quarantined: Quarantined) -> dict[str, Any]:
    return {
        "id": quarantined.short_name,
        "received_at": iso(quarantined.received_at),
        "connector": quarantined.connector,
        "source": quarantined.source,
        "reason": quarantined.reason,
        "size": len(quarantined.body),
        "body": quarantined.body[:SHOWN_BODY].decode("utf-8", "replace"),
    }


alert = noun(
    "alert", "Alerts, and what could not be understood.", listed, shown, quarantine, replay, discarded
)
