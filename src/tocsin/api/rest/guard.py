"""Who calls the REST API, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from tocsin.api.doorkeeper import Caller, NotAllowed, NotSignedIn, token_in
from tocsin.api.intake import doorkeeper_of
from tocsin.app.wiring import App, current_app
from tocsin.domain.person import Permission, Role, allows

ACTOR_PREFIX = "token:"


@dataclass(frozen=True, slots=True)
class Desk:
    """One authorised request: the application, and the name that stands in the records."""

    app: App
    actor: str


def authenticate(request: HttpRequest) -> Caller | None:
    """Return the caller behind a bearer token; a browser's session has no access here."""
    token = token_in({"authorization": request.headers.get("Authorization", "")})
    if not token:
        return None
    doorkeeper = doorkeeper_of(current_app())
    try:
        return doorkeeper.admit(token, Permission.READ)
    except NotAllowed:
        return Caller("", Role.INGEST)
    except NotSignedIn:
        return None


def desk(request: HttpRequest, permission: Permission) -> Desk:
    """Return the desk for a request whose caller holds the permission. Raises `NotAllowed`."""
    caller: Any = getattr(request, "auth", None)
    if not isinstance(caller, Caller) or not allows(caller.role, permission):
        raise NotAllowed(
            f"This token does not allow to {permission}.",
            means="Nothing was changed or shown.",
            next_step="Use a token whose role holds this permission.",
        )
    return Desk(current_app(), f"{ACTOR_PREFIX}{caller.name}")
