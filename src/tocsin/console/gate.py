"""Who may see and do what: each view says the permission it needs, and nothing is shown before it is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tocsin.app.wiring import current_app
from tocsin.console import keys
from tocsin.console.refusals import RoleLacksPermission, status_of
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.incident import Status
from tocsin.domain.person import Permission, Role, allows

P = ParamSpec("P")
THEMES = ("system", "light", "dark")
ACTIVE = tuple(status for status in Status if status.is_active)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The signed-in person a page is made for, with what they chose in this browser."""

    username: str
    name: str
    role: Role
    theme: str = "system"
    single_keys: bool = True

    def may(self, permission: Permission) -> bool:
        """Say whether the person holds a permission."""
        return allows(self.role, permission)

    @property
    def may_respond(self) -> bool:
        """Say whether the person may acknowledge, note and keep exhibits."""
        return self.may(Permission.RESPOND)

    @property
    def may_command(self) -> bool:
        """Say whether the person may change severity and owner."""
        return self.may(Permission.COMMAND)


View = Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase]


def viewer_of(request: HttpRequest) -> Viewer | None:
    """Return who is signed in, None when nobody is."""
    account = request.user
    if account.is_anonymous or not account.is_active:
        return None
    theme = request.COOKIES.get("tocsin_theme", "system")
    return Viewer(
        username=account.username,
        name=account.get_full_name() or account.username,
        role=Role(account.role),
        theme=theme if theme in THEMES else "system",
        single_keys=request.COOKIES.get("tocsin_keys") != "off",
    )


def needs(
    permission: Permission,
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Open a view only to signed-in people who hold the permission; turn refusals into pages that explain."""

    def wrap(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            viewer = viewer_of(request)
            if viewer is None:
                return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': _came_for(request)})}")
            try:
                if not viewer.may(permission):
                    raise RoleLacksPermission(viewer.role, permission)
                return view(request, viewer, *args, **kwargs)
            except Explained as refusal:
                _write_down(viewer, refusal)
                return refuse(request, viewer, refusal)

        return guarded

    return wrap


def page(
    request: HttpRequest, viewer: Viewer, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page inside the frame: navigation with counts, the viewer's choices, the time it was made."""
    app = current_app()
    with app.store.reading() as shelves:
        active = shelves.incidents.count(statuses=ACTIVE)
    framed = {"now": app.clock.now(), "active_count": active, **_frame(viewer), **context}
    return render(request, template, framed, status=status)


def refuse(request: HttpRequest, viewer: Viewer, refusal: Explained) -> HttpResponse:
    """Show a refusal: what happened, what it means, what to do; and keep what was typed."""
    typed = tuple(
        text for name, text in request.POST.items() if name in ("text", "reason", "description") and text
    )
    context = {
        "refusal": refusal,
        "typed": typed,
        "back": back_to(request, "/"),
        "now": current_app().clock.now(),
        **_frame(viewer),
    }
    return render(request, "console/refusal.html", context, status=status_of(refusal))


def done(request: HttpRequest, words: str, default: str) -> HttpResponse:
    """Say what was done and go back to where the form was."""
    messages.success(request, words)
    return HttpResponseRedirect(back_to(request, default))


def back_to(request: HttpRequest, default: str) -> str:
    """Return the page of ours that the form named, never an address elsewhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return default


def time_now() -> datetime:
    """Return the app's time, which tests and drills may push."""
    return current_app().clock.now()


def _write_down(viewer: Viewer, refusal: Explained) -> None:
    """Put the refusal of a role into the log; one that cannot be written there is a refusal all the same."""
    if isinstance(refusal, RoleLacksPermission):
        with suppress(Overloaded):
            current_app().access.refused(
                "role refused",
                actor=viewer.username,
                subject=refusal.permission.value,
                role=viewer.role.value,
            )


def _came_for(request: HttpRequest) -> str:
    return request.get_full_path() if request.method == "GET" else request.POST.get("next", "/")


def _frame(viewer: Viewer) -> dict[str, Any]:
    return {"viewer": viewer, "keys": keys.KEYS, "key_table": keys.table_for_script()}
