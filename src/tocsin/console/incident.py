"""One incident: its clocks in view, its timeline, who was called, what was kept, and what came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from tocsin.app.runbook_quotes import linked_pages
from tocsin.app.wiring import current_app
from tocsin.console import calls, times
from tocsin.console.containing import locks_of
from tocsin.console.gate import Viewer, needs, page
from tocsin.console.rows import row_of
from tocsin.console.runs import shown_in
from tocsin.console.seals import everything_is_sealed
from tocsin.domain.alert import Alert
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.person import Permission, Role, allows
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.flow.answers import answers_of
from tocsin.incidents.lifecycle import moves_from
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

LINES = 100
ALERTS = 20
RECORDS = 5

_STORY = frozenset(
    {
        Happening.OPENED,
        Happening.SEVERITY_CHANGED,
        Happening.MOVED,
        Happening.ASSIGNED,
        Happening.ACKNOWLEDGED,
        Happening.ESCALATED,
        Happening.NOBODY_TO_PAGE,
        Happening.CLOCK_MISSED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One timeline line with its day, who it is said to be, and whether it belongs to the story."""

    entry: TimelineEntry
    day: str
    who: str
    is_story: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert as the page shows it: what it says is quoted, bounded, and never trusted."""

    title: str
    short_name: str
    number: int
    source: str
    count: int
    starts_at: datetime
    ends_at: datetime
    is_over: bool
    facts: tuple[tuple[str, str], ...]
    records: tuple[str, ...]
    records_kept: int


def line_of(entry: TimelineEntry) -> Line:
    """Return a timeline line as it is shown; the product itself never shares the human mark."""
    return Line(
        entry=entry,
        day=times.day(entry.at),
        who="Tocsin" if entry.automated else entry.actor,
        is_story=entry.kind in _STORY,
    )


def shown_alert(alert: Alert, now: datetime) -> ShownAlert:
    """Return an alert with its labels before its annotations and at most five raw records."""
    return ShownAlert(
        title=alert.title,
        short_name=alert.short_name,
        number=alert.number,
        source=alert.source,
        count=alert.count,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        is_over=alert.is_resolved(now),
        facts=(*sorted(alert.labels.items()), *sorted(alert.annotations.items())),
        records=alert.evidence[:RECORDS],
        records_kept=len(alert.evidence),
    )


def found(shelves: Shelves, number: int) -> Incident:
    """Return the incident of this number. Raises `NotFound`."""
    incident = shelves.incidents.by_number(number)
    if incident is None:
        raise NotFound(
            f"There is no incident INC-{number}.",
            means="Nothing is shown, and nothing was changed.",
            next_step="Look for it in the list of incidents.",
        )
    return incident


def responders() -> tuple[tuple[str, str], ...]:
    """Return username and words of each active account that may respond: an incident can be handed to it."""
    return tuple(
        (one.username, f"{one.get_full_name() or one.username} ({one.role})")
        for one in Accounts(DjangoStore()).everybody()
        if one.is_active and allows(Role(one.role), Permission.RESPOND)
    )


@needs(Permission.READ)
def incident(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Show the incident."""
    app = current_app()
    now = app.clock.now()
    with app.store.reading() as shelves:
        known = found(shelves, number)
        entries = shelves.timeline.of_incident(known.incident_id)
        alerts = shelves.alerts.of_incident(known.incident_id)
        called = calls.calls_of(
            shelves.pages.of_incident(known.incident_id),
            shelves.pages.deliveries_of(known.incident_id),
            {channel.name for channel in app.channels.values() if channel.is_real},
        )
        exhibits = shelves.exhibits.of_incident(known.incident_id)
        sealed = everything_is_sealed(shelves)
        answers = answers_of(shelves, known)
    context: dict[str, Any] = {
        "room": "incidents",
        "incident": known,
        "row": row_of(known, viewer, answers),
        "answers": answers,
        "moves": [move for move in moves_from(known.status) if viewer.may(move.permission)],
        "severities": tuple(Severity),
        "alerts": [shown_alert(alert, now) for alert in alerts[-ALERTS:][::-1]],
        "alerts_total": len(alerts),
        "calls": called,
        "exhibits": exhibits,
        "sealed": sealed,
        "locks": locks_of(app, exhibits, all_sealed=sealed) if known.status.is_active else (),
        "pages_linked": linked_pages(app.locker, alerts, exhibits),
        "runs": shown_in(app, known, viewer),
        "responders": responders() if viewer.may_command else (),
        **timeline(entries, request),
    }
    return page(request, viewer, "console/incident.html", context)


def timeline(entries: Sequence[TimelineEntry], request: HttpRequest) -> dict[str, Any]:
    """Return the layer that the address asks for, the newest first, and the query of the lines before."""
    story = request.GET.get("layer") == "story"
    before = request.GET.get("before", "")
    lines = [line_of(entry) for entry in reversed(entries)]
    of_story = [line for line in lines if line.is_story]
    layer = of_story if story else lines
    if before.isascii() and before.isdecimal():
        layer = [line for line in layer if line.entry.number < int(before)]
    shown = layer[:LINES]
    earlier = (
        ("layer=story&" if story else "") + f"before={shown[-1].entry.number}" if len(layer) > LINES else ""
    )
    return {
        "lines": shown,
        "story": story,
        "lines_total": len(lines),
        "story_total": len(of_story),
        "earlier": earlier,
    }
