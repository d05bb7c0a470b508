"""Consent in advance on one page: who gave it, to what, within which bounds; given and revoked by people."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.acting import stopping_of
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, done, needs, page, time_now
from tocsin.console.refusals import FormIncomplete, RoleLacksPermission
from tocsin.domain.action import StandingApproval
from tocsin.domain.person import Permission
from tocsin.response.standing import is_live

_FIELDS = ("action", "bounds", "trigger", "per_hour", "days")


@needs(Permission.READ)
def standing(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show standing approvals; whoever may consent gives one by the form."""
    may_give = viewer.may(Permission.APPROVE) or viewer.may_command
    if request.method == "POST":
        if not may_give:
            raise RoleLacksPermission(viewer.role, Permission.APPROVE)
        given = stopping_of(current_app()).give(_asked(request, viewer))
        words = f"You consent to {given.action} in advance, until {given.expires_at:%Y-%m-%d %H:%M} UTC."
        return done(request, words, reverse("standing"))
    now = time_now()
    with current_app().store.reading() as shelves:
        known = shelves.actions.standing_for()
    rows = [{"given": each, "is_live": is_live(each, now)} for each in reversed(known)]
    context = {"room": "actions", "rows": rows, "may_give": may_give}
    return page(request, viewer, "console/standing.html", context)


@require_POST
@needs(Permission.READ)
def revoke(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """End a standing approval now; whoever may consent or command may end anybody's."""
    if not (viewer.may(Permission.APPROVE) or viewer.may_command):
        raise RoleLacksPermission(viewer.role, Permission.APPROVE)
    stopping_of(current_app()).revoke(number, viewer.username)
    return done(request, f"Standing approval {number} counts no more.", reverse("standing"))


def _asked(request: HttpRequest, viewer: Viewer) -> StandingApproval:
    typed = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    bounds: dict[str, tuple[str, ...]] = {}
    for each in filter(None, (line.strip() for line in typed["bounds"].splitlines())):
        name, equals, value = (part.strip() for part in each.partition("="))
        if not (equals and value):
            raise FormIncomplete("a value in each line of bounds")
        bounds[name] = (*bounds.get(name, ()), value)
    now = time_now()
    return StandingApproval(
        number=0,
        person=viewer.username,
        action=typed["action"],
        bounds=bounds,
        trigger=tuple(typed["trigger"].replace(",", " ").split()),
        per_hour=_whole(typed["per_hour"], "a cap an hour"),
        given_at=now,
        expires_at=now + timedelta(days=_whole(typed["days"], "a number of days")),
    )


def _whole(text: str, missing: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise FormIncomplete(missing)
    return int(text)
