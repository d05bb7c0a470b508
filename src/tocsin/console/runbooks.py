"""Runbooks on the screen: which there are, who does what until when, and what each would do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from tocsin.app.runs import plan_of_runbook, planning_of
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, needs, page
from tocsin.domain.person import Permission


@needs(Permission.READ)
def runbooks(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """List the runbooks that can be followed."""
    found = current_app().take.triggers.library()
    books = [found[name] for name in sorted(found)]
    return page(request, viewer, "console/runbooks.html", {"room": "runbooks", "books": books})


@needs(Permission.READ)
def runbook(request: HttpRequest, viewer: Viewer, name: str) -> HttpResponse:
    """Show one runbook: its steps as a dry run of now, and its text. Nothing outside is called."""
    app = current_app()
    book = planning_of(app).library.get(name)
    context = {
        "room": "runbooks",
        "book": book,
        "plan": plan_of_runbook(app, name, None, {}),
        "incident": request.GET.get("incident", "")[:20],
    }
    return page(request, viewer, "console/runbook.html", context)
