"""The link in a page: opening it shows who is called and why, and only its button acknowledges."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from tocsin.app.wiring import App, current_app
from tocsin.console.refusals import status_of
from tocsin.domain.errors import Explained
from tocsin.domain.incident import Incident
from tocsin.flow.answers import answers_of
from tocsin.oncall.answers import Answers


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, page_id: UUID, token: str) -> HttpResponse:
    """Show the page's link, or on POST use it: once, before it expires, without signing in."""
    app = current_app()
    context: dict[str, object] = {"now": app.clock.now()}
    try:
        if request.method == "POST":
            incident = app.call.acknowledge_by_link(page_id, token)
            context |= {"acknowledged": incident, "answers": _answers(app, incident)}
        else:
            linked = app.call.read_link(page_id, token)
            context |= {"call": linked.page, "incident": linked.incident}
            context["answers"] = _answers(app, linked.incident)
    except Explained as refusal:
        return render(request, "console/link.html", context | {"refusal": refusal}, status=status_of(refusal))
    return render(request, "console/link.html", context)


def _answers(app: App, incident: Incident) -> Answers:
    with app.store.reading() as shelves:
        return answers_of(shelves, incident)
