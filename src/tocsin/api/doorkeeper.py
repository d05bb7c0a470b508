"""Who may come in: tokens in headers, in the path of a hook, or none from loopback where that is allowed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tocsin.app.hosts import host_in, is_loopback
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained
from tocsin.domain.person import Permission, Role, allows
from tocsin.domain.ports.shelves import Store
from tocsin.store.tokens import token_digest

NO_TOKEN = "loopback"
"""The name of a caller from this machine who needed no token."""


class NotSignedIn(Explained):
    """No token, or one that is unknown, revoked or expired (HTTP 401)."""

    code: ClassVar[str] = "not_signed_in"


class NotAllowed(Explained):
    """The token is good, but its role does not hold the permission (HTTP 403)."""

    code: ClassVar[str] = "not_allowed"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a valid token: the token's name and role, and whose it is where somebody asked."""

    name: str
    role: Role
    person: str = ""


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Checks tokens against the store; it never sees their text again after hashing."""

    store: Store
    clock: Clock
    own_names: frozenset[str]
    open_to_loopback: bool

    def admit(self, token: str | None, permission: Permission) -> Caller:
        """Return the caller behind a token. Raises `NotSignedIn` or `NotAllowed`."""
        found = None
        if token:
            with self.store.reading() as shelves:
                found = shelves.tokens.role_of(token_digest(token), self.clock.now())
        if found is None:
            raise not_signed_in()
        name, role = found
        if not allows(role, permission):
            raise NotAllowed(
                f"The token {name!r} has the role {role}, which does not allow to {permission}.",
                means="Nothing was changed or shown.",
                next_step="Use a token whose role holds this permission.",
            )
        return Caller(name, role)

    def admit_alertmanager(
        self, sender: str, headers: Mapping[str, str], permission: Permission = Permission.INGEST
    ) -> Caller:
        """Admit a sender to /api/v2: with a token, or without one from loopback where that is allowed.

        Who needs no token may do all that Alertmanager's API does, as with Alertmanager.
        """
        token = token_in(headers)
        if token is None and self.open_to_loopback and is_loopback(sender) and self._is_local(headers):
            return Caller(NO_TOKEN, Role.INGEST)
        return self.admit(token, permission)

    def _is_local(self, headers: Mapping[str, str]) -> bool:
        """Say whether a request was meant for us; a browser here also brings those of hostile pages."""
        named = [headers.get("host", ""), *filter(None, [headers.get("origin")])]
        hosts = [host_in(each) for each in named]
        return all(host in self.own_names or is_loopback(host) for host in hosts)


def not_signed_in() -> NotSignedIn:
    """Return the refusal of a request that nobody vouches for."""
    return NotSignedIn(
        "This request carries no valid token.",
        means="Nothing was accepted or shown.",
        next_step="Make one with `tocsin token create`; send it as `Authorization: Bearer tocs_...`.",
    )


def token_in(headers: Mapping[str, str]) -> str | None:
    """Return the token of a Bearer header, or the password of a Basic one, None when there is neither."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None
