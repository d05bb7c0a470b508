"""One exhibit: its label, its digest, who has held it; reading it asks why and is written down."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from tocsin.app.exhibit_seals import seals_of
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, needs, page
from tocsin.console.refusals import FormIncomplete
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct
from tocsin.domain.person import Permission
from tocsin.evidence.holds import in_force, is_destroyable
from tocsin.flow.holding import Holding


@needs(Permission.READ)
def exhibit(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Show what is known of the exhibit, not its bytes."""
    with current_app().store.reading() as shelves:
        kept = shelves.exhibits.get(number)
        incident = shelves.incidents.get(kept.incident_id) if kept else None
        if kept is None or incident is None:
            raise NotFound(
                f"There is no exhibit EX-{number}.",
                means="Nothing is shown.",
                next_step="Look for it on its incident's page.",
            )
        custody = shelves.exhibits.custody_of(number)
        seal = seals_of(current_app(), shelves).of(kept)
        held = in_force(shelves.bags.holds(), kept.incident_id)
        app = current_app()
        asked = Holding(app.store, app.clock, app.locker).asked(shelves, kept)
    context = {
        "room": "incidents",
        "exhibit": kept,
        "incident": incident,
        "custody": custody,
        "seal": seal,
        "held": held,
        "asked": asked,
        "can_destroy": viewer.may(Permission.ADMINISTER)
        and is_destroyable(incident, held)
        and CustodyAct.DESTROYED not in {event.act for event in custody}
        and not (asked and viewer.username in asked.people),
    }
    return page(request, viewer, "console/exhibit.html", context)


@require_POST
@needs(Permission.RESPOND)
def read(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponseBase:
    """Hand out the bytes, always as a download, after the reader's reason went into custody and log."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise FormIncomplete("a reason to read it")
    kept, content = current_app().respond.read(number, viewer.username, reason)
    return FileResponse(
        content, as_attachment=True, filename=kept.name, content_type="application/octet-stream"
    )
