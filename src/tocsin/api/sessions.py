"""Knows the signed-in person behind Django's session cookie, for doors that Django does not keep."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from starlette.requests import Request

from tocsin.api.doorkeeper import Doorkeeper, token_in
from tocsin.domain.person import Permission, Role, allows


def role_behind(session_key: str) -> Role | None:
    """Return the role of whoever is signed in with a live session, None otherwise."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    account = get_user(request)
    return Role(account.role) if account.is_authenticated and account.is_active else None


def admit_person(request: Request, doorkeeper: Doorkeeper, permission: Permission) -> None:
    """Admit a signed-in browser, else a token. Raises `NotSignedIn`, `NotAllowed`."""
    role = role_behind(request.cookies.get(settings.SESSION_COOKIE_NAME, ""))
    if role is None or not allows(role, permission):
        doorkeeper.admit(token_in(request.headers), permission)
