"""The evidence of an incident as a whole: its legal holds and its bags; and the end of one exhibit."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.bagging import bagging_of
from tocsin.app.evidence import recipients_of
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, done, needs, page
from tocsin.console.incident import found
from tocsin.console.refusals import FormIncomplete
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Permission
from tocsin.evidence.holds import in_force
from tocsin.flow.holding import Holding


@needs(Permission.READ)
def evidence(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Show what holds the incident's evidence, and the bags that were packed of it."""
    app = current_app()
    with app.store.reading() as shelves:
        incident = found(shelves, number)
        exhibits = shelves.exhibits.of_incident(incident.incident_id)
        bags = shelves.bags.of_incident(incident.incident_id)
        held = in_force(shelves.bags.holds(), incident.incident_id)
    context = {
        "room": "incidents",
        "incident": incident,
        "exhibits": exhibits,
        "bags": bags[::-1],
        "held": held,
        "recipients": len(recipients_of(app)),
        "may_release": viewer.may(Permission.ADMINISTER),
    }
    return page(request, viewer, "console/evidence.html", context)


@require_POST
@needs(Permission.COMMAND)
def pack(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Pack all exhibits of the incident into a bag."""
    with current_app().store.reading() as shelves:
        incident = found(shelves, number)
    bag = bagging_of(current_app()).pack(incident.incident_id, viewer.username)
    return done(request, f"{bag.short_name} is packed, sha256 {bag.digest[:16]}…", _here(number))


@require_POST
@needs(Permission.COMMAND)
def hold(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Forbid that exhibits of the incident are destroyed."""
    with current_app().store.reading() as shelves:
        incident = found(shelves, number)
    placed = _holding().hold(incident.incident_id, _reason(request), viewer.username)
    return done(request, f"LH-{placed.number} is in force for {incident.short_name}.", _here(number))


@require_POST
@needs(Permission.ADMINISTER)
def release(request: HttpRequest, viewer: Viewer, number: int, hold: int) -> HttpResponse:
    """End a legal hold that covers the incident."""
    with current_app().store.reading() as shelves:
        covering = in_force(shelves.bags.holds(), found(shelves, number).incident_id)
    if hold not in {each.number for each in covering}:
        raise NotFound(
            f"No legal hold LH-{hold} is in force for INC-{number}.",
            means="Nothing was changed.",
            next_step="Look at the incident's evidence page for the holds there are.",
        )
    _holding().release(hold, _reason(request), viewer.username)
    return done(request, f"LH-{hold} is released.", _here(number))


@require_POST
@needs(Permission.COMMAND)
def fetch(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponseBase:
    """Hand out a bag's archive as a download, after the reason went into custody and log."""
    reason, released_to = _reason(request), request.POST.get("released_to", "")
    bag, content = bagging_of(current_app()).open(number, viewer.username, reason, released_to)
    name = f"{bag.short_name}.tar{'.age' if bag.recipients else ''}"
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/octet-stream")


@require_POST
@needs(Permission.ADMINISTER)
def destroy(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Consent to the destruction of an exhibit's bytes; the second person's consent ends them."""
    ended = _holding().consent(number, viewer.username, request.POST.get("reason", ""))
    words = f"The bytes of {ended.exhibit.short_name} are destroyed."
    if ended.asked is not None:
        words = f"You consent; {ended.exhibit.short_name} is destroyed once another administrator does too."
    return done(request, words, reverse("exhibit", args=[number]))


def _holding() -> Holding:
    app = current_app()
    return Holding(app.store, app.clock, app.locker)


def _reason(request: HttpRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise FormIncomplete("a reason")
    return reason


def _here(number: int) -> str:
    return reverse("evidence", args=[number])
