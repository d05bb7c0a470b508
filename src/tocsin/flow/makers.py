"""Who had a hand in each silence, who made each token, and for whom: none is a second person for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.silence import Silence

MAKERS = "silence:makers"
TOKEN_MAKERS = "token:makers"
TOKEN_PERSONS = "token:persons"
"""The kind of mark that holds the person a token was made for, by the token's digest."""
TOKEN = "token:"


def remember(
    shelves: Shelves, silence_id: UUID, actors: Iterable[str], now: datetime, *, old_id: UUID | None = None
) -> None:
    """Add to those who made or changed a silence; one that takes the place of `old_id` has its makers too."""
    before = shelves.marks.of(MAKERS, {str(silence_id), str(old_id or silence_id)})
    names = _names([*before.values()]) | set(actors)
    shelves.marks.keep(MAKERS, {str(silence_id): _written(names)}, now)


def remember_token(shelves: Shelves, name: str, actor: str, now: datetime) -> None:
    """Add to those who made tokens of a name; several tokens can have the same."""
    before = shelves.marks.of(TOKEN_MAKERS, (name,))
    shelves.marks.keep(TOKEN_MAKERS, {name: _written(_names([*before.values()]) | {actor})}, now)


def give_token(shelves: Shelves, digest: str, person: str, now: datetime) -> None:
    """Write down for which account a token was made: what is asked for by it, that person asks for."""
    shelves.marks.keep(TOKEN_PERSONS, {digest: person.encode()}, now)


def person_of_token(shelves: Shelves, digest: str) -> str:
    """Return the account that a token was made for, empty where it was made for nobody."""
    return shelves.marks.of(TOKEN_PERSONS, (digest,)).get(digest, b"").decode()


def makers_of(shelves: Shelves, silences: Iterable[Silence]) -> Mapping[UUID, frozenset[str]]:
    """Return all who made or changed each silence, and who made the tokens among them, as far as known."""
    asked = {str(silence.silence_id): {silence.owner, silence.created_by} for silence in silences}
    for name, mark in shelves.marks.of(MAKERS, asked).items():
        asked[name] |= _names([mark])
    named = {name.removeprefix(TOKEN) for names in asked.values() for name in names if name.startswith(TOKEN)}
    tokens = {f"{TOKEN}{name}": mark for name, mark in shelves.marks.of(TOKEN_MAKERS, named).items()}
    return {
        UUID(silence): frozenset(names | _names([tokens[name] for name in names & tokens.keys()]))
        for silence, names in asked.items()
    }


def forget(shelves: Shelves, kept: Iterable[UUID]) -> None:
    """Forget the makers of silences that are no longer kept."""
    known = {str(silence_id) for silence_id in kept}
    shelves.marks.drop(MAKERS, [name for name in shelves.marks.all(MAKERS) if name not in known])


def _names(marks: Iterable[bytes]) -> set[str]:
    return {name for mark in marks for name in json.loads(mark)}


def _written(names: Iterable[str]) -> bytes:
    return json.dumps(sorted(names)).encode()
