"""The link in a test message: opening it does nothing, its button says that the message arrived."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from tocsin.app.readying import ready_of
from tocsin.app.wiring import current_app
from tocsin.console.refusals import status_of
from tocsin.domain.errors import Explained


@require_http_methods(["GET", "HEAD", "POST"])
def ready(request: HttpRequest, test_id: UUID, token: str) -> HttpResponse:
    """Show the test's link, or on POST confirm it, without signing in."""
    chapter = ready_of(current_app())
    is_confirming = request.method == "POST"
    try:
        sent = chapter.confirm(test_id, token) if is_confirming else chapter.read(test_id, token)
    except Explained as refusal:
        return render(request, "console/ready.html", {"refusal": refusal}, status=status_of(refusal))
    return render(request, "console/ready.html", {"sent": sent, "confirmed": is_confirming})
