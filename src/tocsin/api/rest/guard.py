"""Who calls the REST API, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest

from tocsin.api.doorkeeper import Caller, NotAllowed, NotSignedIn, token_in
from tocsin.api.intake import doorkeeper_of
from tocsin.app.wiring import App, current_app
from tocsin.domain.person import BY_TOKEN, Permission, Role, allows
from tocsin.flow.makers import person_of_token
from tocsin.store.tokens import token_digest

ACTOR_PREFIX = "token:"


@dataclass(frozen=True, slots=True)
class Desk:
    """One authorised request: the application, and the name that stands in the records.

    `person` is the account that the token was made for, empty where it was made for nobody.
    """

    app: App
    actor: str
    person: str = ""

    @property
    def proposer(self) -> str:
        """Return who asks for what others consent to: the person behind the token, where one is known."""
        return (
            f"{self.person}{BY_TOKEN}{self.actor.removeprefix(ACTOR_PREFIX)}" if self.person else self.actor
        )


def authenticate(request: HttpRequest) -> Caller | None:
    """Return the caller behind a bearer token; a browser's session has no access here."""
    token = token_in({"authorization": request.headers.get("Authorization", "")})
    if not token:
        return None
    doorkeeper = doorkeeper_of(current_app())
    try:
        caller = doorkeeper.admit(token, Permission.READ)
    except NotAllowed:
        return Caller("", Role.INGEST)
    except NotSignedIn:
        return None
    with current_app().store.reading() as shelves:
        return replace(caller, person=person_of_token(shelves, token_digest(token)))


def desk(request: HttpRequest, permission: Permission) -> Desk:
    """Return the desk for a request whose caller holds the permission. Raises `NotAllowed`."""
    caller: Any = getattr(request, "auth", None)
    if not isinstance(caller, Caller) or not allows(caller.role, permission):
        raise NotAllowed(
            f"This token does not allow to {permission}.",
            means="Nothing was changed or shown.",
            next_step="Use a token whose role holds this permission.",
        )
    return Desk(current_app(), f"{ACTOR_PREFIX}{caller.name}", caller.person)
