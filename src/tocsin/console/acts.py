"""What a person does to an incident: each act is one form, parsed here and decided elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.wiring import current_app
from tocsin.console import times
from tocsin.console.gate import Viewer, done, needs, time_now
from tocsin.console.incident import found
from tocsin.console.refusals import FormIncomplete, RoleLacksPermission
from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Permission
from tocsin.domain.severity import Severity
from tocsin.flow.answers import answers_of
from tocsin.incidents.lifecycle import allowed_move
from tocsin.oncall.answers import Answers

VIA = "the console"


@require_POST
@needs(Permission.RESPOND)
def acknowledge(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Acknowledge; the second of two people is told who was first."""
    incident = current_app().call.acknowledge(_named(number).incident_id, viewer.username, VIA)
    with current_app().store.reading() as shelves:
        answers = answers_of(shelves, incident)
    return _done(request, incident, acknowledged_words(incident, viewer, answers))


def acknowledged_words(incident: Incident, viewer: Viewer, answers: Answers) -> str:
    """Say that the incident is acknowledged and by whom, in the words for this person."""
    if answers.still_needed:
        return f"{incident.short_name}: {answers.words}. The others are still called."
    if viewer.username in answers.by[1:]:
        return f"{incident.short_name} acknowledged by {', '.join(answers.by)}: nobody more is called."
    if incident.acknowledged_by in (None, viewer.username) or incident.acknowledged_at is None:
        return f"{incident.short_name} acknowledged. You command it unless somebody did."
    span = times.rounded(max(time_now() - incident.acknowledged_at, timedelta(0)))
    return f"{incident.acknowledged_by} acknowledged {incident.short_name} {span} ago."


@require_POST
@needs(Permission.RESPOND)
def escalate(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Call the next step now instead of at its time."""
    incident = _named(number)
    current_app().call.escalate_now(incident.incident_id, viewer.username)
    return _done(request, incident, f"{incident.short_name} escalated: the next step is called now.")


@require_POST
@needs(Permission.RESPOND)
def note(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Write a note into the timeline."""
    incident = _named(number)
    current_app().close.note(incident.incident_id, viewer.username, _text(request, "text", "a note"))
    return _done(request, incident, f"Note added to {incident.short_name}.")


@require_POST
@needs(Permission.RESPOND)
def move(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Move the incident to another status, if its present one and the person's role allow it."""
    incident = _named(number)
    to = request.POST.get("to", "")
    if to not in tuple(Status):
        raise FormIncomplete("a status to move to")
    permission = allowed_move(incident, Status(to)).permission
    if not viewer.may(permission):
        raise RoleLacksPermission(viewer.role, permission)
    reason = request.POST.get("reason", "").strip()
    moved = current_app().close.move(incident.incident_id, Status(to), viewer.username, reason)
    return _done(request, moved, f"{moved.short_name} is now {moved.status}.")


@require_POST
@needs(Permission.COMMAND)
def severity(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Change the severity."""
    incident = _named(number)
    to = request.POST.get("severity", "")
    if to not in tuple(Severity):
        raise FormIncomplete("a severity")
    reason = request.POST.get("reason", "").strip()
    changed = current_app().close.change_severity(incident.incident_id, Severity(to), viewer.username, reason)
    return _done(request, changed, f"{changed.short_name} is now {changed.severity.label}.")


@require_POST
@needs(Permission.COMMAND)
def assign(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Hand the incident over to a commander."""
    incident = _named(number)
    to = _text(request, "to", "a username")
    current_app().close.assign(incident.incident_id, to, viewer.username)
    return _done(request, incident, f"{to} commands {incident.short_name}.")


@require_POST
@needs(Permission.RESPOND)
def keep(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Keep an uploaded file as an exhibit, labelled."""
    incident = _named(number)
    upload = request.FILES.get("file")
    if upload is None or upload.file is None:
        raise FormIncomplete("a file")
    exhibit = current_app().respond.keep(
        incident.incident_id,
        name=upload.name or "unnamed",
        media_type=upload.content_type or "application/octet-stream",
        content=cast(BinaryIO, upload.file),
        description=_text(request, "description", "what the file shows"),
        exported_by=_text(request, "exported_by", "the name of who exported it"),
        actor=viewer.username,
    )
    return _done(request, incident, f"{exhibit.short_name} kept, sha256 {exhibit.digest[:16]}…")


def _named(number: int) -> Incident:
    with current_app().store.reading() as shelves:
        return found(shelves, number)


def _text(request: HttpRequest, name: str, missing: str) -> str:
    text = request.POST.get(name, "").strip()
    if not text:
        raise FormIncomplete(missing)
    return text


def _done(request: HttpRequest, incident: Incident, words: str) -> HttpResponse:
    return done(request, words, reverse("incident", args=[incident.number]))
