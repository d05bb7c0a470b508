"""A person: who may do what, and how they are reached."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person or a token may do; each is granted on its own, deny by default."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    COMMANDER = "commander"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"
    INGEST = "ingest"


class Permission(StrEnum):
    """One thing that can be allowed."""

    READ = "read"
    RESPOND = "respond"
    COMMAND = "command"
    APPROVE = "approve"
    ADMINISTER = "administer"
    INGEST = "ingest"


_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.RESPONDER: frozenset({Permission.READ, Permission.RESPOND}),
    Role.COMMANDER: frozenset({Permission.READ, Permission.RESPOND, Permission.COMMAND}),
    Role.APPROVER: frozenset({Permission.READ, Permission.APPROVE}),
    Role.AUDITOR: frozenset({Permission.READ}),
    Role.ADMIN: frozenset(
        {Permission.READ, Permission.RESPOND, Permission.COMMAND, Permission.ADMINISTER, Permission.INGEST}
    ),
    Role.INGEST: frozenset({Permission.INGEST}),
}


BY_TOKEN = " by token:"
"""Stands between a person and the name of the token that was made for them. No username has a blank."""
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def is_username(text: str) -> bool:
    """Say whether an account can have this name: 1 to 64 of `a-z 0-9 . _ - @`, a letter or digit first."""
    return _USERNAME.fullmatch(text) is not None


def person_behind(actor: str) -> str:
    """Return the username behind an actor, so that one person counts once; else the actor as it is.

    `cli:ada` is Ada, and so is `ada by token:ci`, a token that was made for her. `token:ci` was made for
    nobody, so whoever holds it is not known.
    """
    before, by, _ = actor.partition(BY_TOKEN)
    if by and is_username(before):
        return before
    return actor.removeprefix("cli:")


def is_nobody(actor: str) -> bool:
    """Say whether an actor is a token that was made for no person."""
    return person_behind(actor).startswith("token:")


def allows(role: Role, permission: Permission) -> bool:
    """Say whether a role holds a permission."""
    return permission in _GRANTS[role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach a person: a channel's name and the address there."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be called. `username` is the identity; contacts are tried all at once."""

    username: str
    name: str
    contacts: tuple[Contact, ...] = ()
