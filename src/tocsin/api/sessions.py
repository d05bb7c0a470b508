"""Knows the signed-in person behind Django's session cookie, for doors that Django does not keep."""

from __future__ import annotations

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from tocsin.domain.person import Role


def role_behind(session_key: str) -> Role | None:
    """Return the role of whoever is signed in with a live session, None otherwise."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    account = get_user(request)
    return Role(account.role) if account.is_authenticated and account.is_active else None
