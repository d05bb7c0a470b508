"""Refusals as HTTP statuses, and the console's own ones."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from tocsin.domain.errors import Explained, NotFound, Overloaded
from tocsin.domain.person import Permission, Role
from tocsin.incidents.lifecycle import TextTooLong, UnknownCommander
from tocsin.triage.silence_rules import SilenceRefused


class RoleLacksPermission(Explained):
    """A signed-in person asked for something their role does not hold."""

    code: ClassVar[str] = "role_lacks_permission"

    def __init__(self, role: Role, permission: Permission) -> None:
        self.permission = permission
        super().__init__(
            f"The role {role.value} does not hold the permission {permission.value}.",
            means="Nothing was changed.",
            next_step="Ask a commander to do it, or an admin to change your role.",
        )


class FormIncomplete(Explained):
    """A form came without something that it needs."""

    code: ClassVar[str] = "form_incomplete"

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"The form came without {missing}.",
            means="Nothing was changed, and the incident's clocks run on.",
            next_step=f"Go back, fill in {missing}, and send it again.",
        )


class LinkSpent(Explained):
    """A sign-in link that is unknown, used or expired; which of them is not said."""

    code: ClassVar[str] = "sign_in_link_spent"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in link does not work: it is unknown, was used before, or has expired.",
            means="You are not signed in.",
            next_step="Ask for a new one: `tocsin person link NAME` prints it, once.",
        )


_STATUSES: tuple[tuple[type[Explained], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (RoleLacksPermission, HTTPStatus.FORBIDDEN),
    (LinkSpent, HTTPStatus.FORBIDDEN),
    (FormIncomplete, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnknownCommander, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TextTooLong, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SilenceRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Overloaded, HTTPStatus.SERVICE_UNAVAILABLE),
)


def status_of(refusal: Explained) -> int:
    """Return the HTTP status of a refusal; a refused move is a conflict with how things stand."""
    for kind, status in _STATUSES:
        if isinstance(refusal, kind):
            return status.value
    return HTTPStatus.CONFLICT.value
