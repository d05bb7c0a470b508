"""What a person chooses for this browser: the theme, and whether single letters act."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from tocsin.console import keys
from tocsin.console.gate import THEMES, Viewer, back_to, needs, page
from tocsin.domain.person import Permission
from tocsin.domain.severity import Severity

_A_YEAR_S = 365 * 24 * 3600


@require_POST
@needs(Permission.READ)
def choose(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Remember the choice in this browser for a year and go back."""
    response = HttpResponseRedirect(back_to(request, "/"))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        _remember(request, response, "tocsin_theme", theme)
    single_keys = request.POST.get("keys", "")
    if single_keys in ("on", "off"):
        _remember(request, response, "tocsin_keys", single_keys)
    return response


def _remember(request: HttpRequest, response: HttpResponse, name: str, choice: str) -> None:
    response.set_cookie(
        name, choice, max_age=_A_YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
    )


@needs(Permission.READ)
def show_help(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the keys and the marks."""
    context = {"room": "help", "severities": tuple(Severity), "keys": keys.KEYS}
    return page(request, viewer, "console/help.html", context)
