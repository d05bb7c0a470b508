"""`tocsin incident`: look at incidents and do what a responder does to one."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli.filters import read_filters
from tocsin.cli.ids import find_incident
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import noun, verb
from tocsin.domain.incident import Incident, IncidentClock, Status
from tocsin.domain.severity import Severity

if TYPE_CHECKING:
    from tocsin.app.wiring import App

VIA = "the command line"
FIELDS = ("severity", "status", "type", "service", "commander", "title", "drill")
COLUMNS = ("id", "severity", "status", "title", "commander", "due")
_READ_AT_ONCE = 500


@verb("list", example="tocsin incident list severity=P1 'status!=closed' since=2d")
@click.argument("filters", nargs=-1)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="Most rows.")
def listed(show: Show, *, filters: tuple[str, ...], limit: int) -> None:
    """List incidents, those late or due first; FILTERS are field=value, !=, =~ or !~, since= and until=."""
    found = []
    with opened() as app:
        now = app.clock.now()
        wanted = read_filters(filters, FIELDS, now)
        with app.store.reading() as shelves:
            start = 0
            while batch := shelves.incidents.listed(limit=_READ_AT_ONCE, offset=start):
                start += len(batch)
                found += [each for each in batch if wanted.holds(incident_record(each), each.detected_at)]
    found.sort(key=due_order)
    records = [{**incident_record(each), "due": due_words(each, now)} for each in found[:limit]]
    show.rows("tocsin.incident.list/1", records, COLUMNS, more=len(found) - limit)


@verb("show", example="tocsin incident show INC-3")
@click.argument("incident_id", metavar="INCIDENT")
def shown(show: Show, *, incident_id: str) -> None:
    """Show one incident with its timeline, pages and exhibits."""
    with opened() as app, app.store.reading() as shelves:
        found = find_incident(shelves, incident_id)
        timeline = [
            {
                "at": iso(entry.at),
                "kind": entry.kind.value,
                "actor": entry.actor,
                "automated": entry.automated,
                "text": entry.text,
            }
            for entry in shelves.timeline.of_incident(found.incident_id)
        ]
        more = {
            "alerts": [each.short_name for each in shelves.alerts.of_incident(found.incident_id)],
            "exhibits": [each.short_name for each in shelves.exhibits.of_incident(found.incident_id)],
        }
    record = incident_record(found)
    if show.as_json:
        show.one("tocsin.incident.show/1", {**record, **more, "timeline": timeline})
        return
    show.one("", {**record, **{name: " ".join(ids) for name, ids in more.items()}})
    click.echo()
    show.rows("", timeline, ("at", "actor", "text"))


@verb("ack", example="tocsin incident ack INC-3")
@click.argument("incident_id", metavar="INCIDENT")
def acknowledged(show: Show, *, incident_id: str) -> None:
    """Take an incident: the calls stop. Repeating it changes nothing."""
    with opened() as app:
        found = _found(app, incident_id)
        _done(show, app.call.acknowledge(found.incident_id, actor(), VIA), "is acknowledged")


@verb("assign", example="tocsin incident assign INC-3 ada")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("person")
def assigned(show: Show, *, incident_id: str, person: str) -> None:
    """Give the command of an incident to PERSON, a username."""
    with opened() as app:
        from tocsin.cli.person import demand_account

        found = _found(app, incident_id)
        demand_account(person)
        _done(show, app.close.assign(found.incident_id, person, actor()), f"is commanded by {person}")


@verb("note", example="tocsin incident note INC-3 'The tokens of shop-api are revoked.'")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("text")
def noted(show: Show, *, incident_id: str, text: str) -> None:
    """Write a line into the timeline; `-` reads it from stdin."""
    written = sys.stdin.read() if text == "-" else text
    with opened() as app:
        found = _found(app, incident_id)
        _done(show, app.close.note(found.incident_id, actor(), written), "has a new line")


@verb("severity", example="tocsin incident severity INC-3 P1 --reason 'Customer records are affected.'")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("severity", type=click.Choice([each.value for each in Severity], case_sensitive=False))
@click.option("--reason", default="", help="Why; needed to lower it.")
def rated(show: Show, *, incident_id: str, severity: str, reason: str) -> None:
    """Rate an incident anew; a rise to a paging severity calls."""
    with opened() as app:
        found = _found(app, incident_id)
        rating = Severity(severity)
        changed = app.close.change_severity(found.incident_id, rating, actor(), reason)
        _done(show, changed, f"is {rating.label}")


@verb("move", example="tocsin incident move INC-3 mitigated")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("to", type=click.Choice([each.value for each in Status], case_sensitive=False))
@click.option("--reason", default="", help="Why; some moves need it.")
def moved(show: Show, *, incident_id: str, to: str, reason: str) -> None:
    """Move an incident along its states."""
    with opened() as app:
        found = _found(app, incident_id)
        _done(show, app.close.move(found.incident_id, Status(to), actor(), reason), f"is {to}")


@verb("close", example="tocsin incident close INC-3 --reason 'Review is done.'")
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--reason", default="", help="Why; some moves need it.")
def closed(show: Show, *, incident_id: str, reason: str) -> None:
    """Close a resolved incident; closed is final."""
    with opened() as app:
        found = _found(app, incident_id)
        _done(show, app.close.move(found.incident_id, Status.CLOSED, actor(), reason), "is closed")


@verb("export", example="tocsin incident export INC-3 > INC-3.json")
@click.argument("incident_id", metavar="INCIDENT")
def exported(show: Show, *, incident_id: str) -> None:
    """Print the incident record as JSON, as other systems read it; `--json` wraps it in the envelope."""
    from tocsin.cli.show import json_text
    from tocsin.incidents.record import r1_record

    with opened() as app, app.store.reading() as shelves:
        found = find_incident(shelves, incident_id)
        record = r1_record(found, shelves.timeline.of_incident(found.incident_id))
    if show.as_json:
        show.one("tocsin.incident.export/1", record)
    else:
        click.echo(json_text(record))


def incident_record(incident: Incident) -> dict[str, Any]:
    """Return what the command line shows of an incident; fields are only ever added."""
    clock, late = incident.next_clock, _late_clock(incident)
    return {
        "id": incident.short_name,
        "incident_id": str(incident.incident_id),
        "title": incident.title,
        "severity": incident.severity.value,
        "type": incident.type,
        "status": incident.status.value,
        "service": list(incident.services),
        "commander": incident.commander,
        "drill": incident.drill,
        "detected_at": iso(incident.detected_at),
        "opened_at": iso(incident.opened_at),
        "acknowledged_at": iso(incident.acknowledged_at),
        "acknowledged_by": incident.acknowledged_by,
        "resolved_at": iso(incident.resolved_at),
        "closed_at": iso(incident.closed_at),
        "next_clock": clock.kind.value if clock else None,
        "next_clock_due_at": iso(clock.due_at) if clock else None,
        "late_clock": late.kind.value if late else None,
        "late_clock_due_at": iso(late.due_at) if late else None,
    }


def due_order(incident: Incident) -> tuple[bool, bool, float, str, float]:
    """Sort what still runs before what has ended, by its pressing clock, then the worst and newest first."""
    clock = _late_clock(incident) or incident.next_clock
    due = clock.due_at.timestamp() if clock else 0.0
    newest = -incident.detected_at.timestamp()
    return not incident.status.is_active, clock is None, due, incident.severity.value, newest


def due_words(incident: Incident, now: datetime) -> str:
    """Return when its pressing clock is due, as ISO 8601, or `late +13:06` once that has passed."""
    from tocsin.console.times import short

    clock = _late_clock(incident) or incident.next_clock
    if clock is None:
        return ""
    return f"late +{short(now - clock.due_at)}" if clock.due_at < now else str(iso(clock.due_at))


def _late_clock(incident: Incident) -> IncidentClock | None:
    """Return the clock missed first of an incident that nobody has acknowledged; it still waits."""
    if incident.acknowledged_at is not None or not incident.status.is_active:
        return None
    missed = [clock for clock in incident.clocks if clock.missed_at is not None and clock.met_at is None]
    return min(missed, key=lambda clock: clock.due_at, default=None)


def _found(app: App, incident_id: str) -> Incident:
    with app.store.reading() as shelves:
        return find_incident(shelves, incident_id)


def _done(show: Show, incident: Incident, what: str) -> None:
    if show.as_json:
        show.one("tocsin.incident.show/1", incident_record(incident))
    show.say(f"{incident.short_name} {what}.")


incident = noun(
    "incident",
    "Incidents: list, show, work on, close, export.",
    listed,
    shown,
    acknowledged,
    assigned,
    noted,
    rated,
    moved,
    closed,
    exported,
)
