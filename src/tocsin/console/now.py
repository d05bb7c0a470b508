"""The first page: what waits for me, who is on call, what happened since I looked, is the house in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from tocsin.app.wiring import current_app
from tocsin.console import consents, house, looks
from tocsin.console.duty import duties
from tocsin.console.gate import ACTIVE, Viewer, needs, page
from tocsin.console.rows import by_clock, row_of, waits_for_viewer
from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Permission
from tocsin.domain.ports.shelves import Shelves

_A_TURN = timedelta(days=62)
"""How far ahead overrides are read: one that is to come can end a turn before its handover."""
_MOST_ROWS = 50
_READ_AT_MOST = 500
_WAITING = (*ACTIVE, Status.RESOLVED)


@needs(Permission.READ)
def now(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the page."""
    app = current_app()
    at = app.clock.now()
    with app.store.reading() as shelves:
        known = shelves.incidents.listed(statuses=_WAITING, limit=_READ_AT_MOST)
        made = house.checks(shelves, tuple(app.channels.values()), at)
        last = shelves.timeline.last_number()
        overrides = shelves.overrides.between(at, at + _A_TURN)
        before = looks.unpacked(request.session.get("look"))
        seen = looks.visit(before, last, at)
        news = _news(shelves, seen, known)
    if looks.is_worth_keeping(before, seen):
        request.session["look"] = looks.packed(seen)
    mine = sorted((one for one in known if waits_for_viewer(one, viewer)), key=by_clock)
    context: dict[str, Any] = {
        "room": "now",
        "rows": [row_of(one, viewer) for one in mine[:_MOST_ROWS]],
        "more_rows": len(mine[_MOST_ROWS:]),
        "may_consent": consents.may_consent(viewer),
        "actions_mine": [each for each in consents.actions_for_consent(app, viewer) if each.is_mine],
        "steps_mine": consents.steps_for_consent(app, viewer),
        "duties": duties(app.call.roster, at, overrides),
        "look": {"since": seen.since_at, "lines": news},
        "house": made,
        "checked": house.in_one_line(made),
    }
    return page(request, viewer, "console/now.html", context)


def _news(shelves: Shelves, seen: looks.Visit, known: tuple[Incident, ...]) -> tuple[looks.Line, ...]:
    """Read what is new since the visit began: at most the last 500 lines of incidents in sight."""
    start = max(seen.since_number, seen.read_to - _READ_AT_MOST)
    entries = shelves.timeline.since(start, limit=_READ_AT_MOST)
    return looks.grouped(entries, {one.incident_id: one for one in known})
