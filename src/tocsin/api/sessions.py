"""Knows the signed-in person behind Django's session cookie, for doors that Django does not keep."""

from __future__ import annotations

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from tocsin.store.models import Account


def account_of(session_key: str) -> Account | None:
    """Return the active account of a live session, None otherwise."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    account = get_user(request)
    return account if isinstance(account, Account) and account.is_active else None
