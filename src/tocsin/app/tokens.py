"""API tokens are made and ended, and each time it is written into the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.clock import Clock
from tocsin.domain.person import Role
from tocsin.domain.ports.shelves import Store
from tocsin.domain.timeline import Happening
from tocsin.flow.makers import give_token, remember_token
from tocsin.flow.record import note
from tocsin.store.tokens import new_token


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token. `text` is shown once and kept nowhere."""

    number: int
    text: str
    expires_at: datetime | None


def make_token(
    store: Store,
    clock: Clock,
    *,
    name: str,
    role: Role,
    lives: timedelta | None,
    actor: str,
    person: str = "",
) -> MadeToken:
    """Make a token that lives so long, or until it is ended (None).

    `person` is the account it is made for: what is asked for by it counts as asked for by that person.
    """
    text, digest = new_token()
    now = clock.now()
    expires_at = None if lives is None else now + lives
    with store.transaction() as shelves:
        number = shelves.tokens.add(digest, name, role, expires_at, now)
        remember_token(shelves, name, actor, now)
        facts = {"done": "token made", "name": name, "role": role.value}
        if person:
            give_token(shelves, digest, person, now)
            facts["person"] = person
        note(shelves, Happening.ACCESS, at=now, actor=actor, subject=f"TOK-{number}", facts=facts)
    return MadeToken(number, text, expires_at)


def end_token(store: Store, clock: Clock, number: int, *, actor: str) -> bool:
    """End a token now; False when there is none of this number that still lives."""
    now = clock.now()
    with store.transaction() as shelves:
        ended = shelves.tokens.revoke(number, now)
        if ended:
            facts = {"done": "token ended"}
            note(shelves, Happening.ACCESS, at=now, actor=actor, subject=f"TOK-{number}", facts=facts)
    return ended
