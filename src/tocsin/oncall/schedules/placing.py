"""Lay overrides over whom the layers give: who is on call in the end, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.oncall.schedules.causes import Cause, of_override


@dataclass(frozen=True, slots=True)
class Place:
    """One person on call. `since` tells two turns of one person apart; `before` held this place earlier."""

    person: str
    cause: Cause
    since: datetime | UUID
    before: frozenset[str] = frozenset()

    @property
    def turn(self) -> tuple[str, datetime | UUID, str]:
        """Return what one turn has in common from its beginning to its end."""
        return (self.person, self.since, self.cause.layer)


Places = tuple[Place, ...]
Called = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Placed:
    """Who is on call, the primary first, and whom overrides took off."""

    places: Places
    off: frozenset[str] = frozenset()


def counted(overrides: Iterable[Override], schedule: str) -> tuple[Override, ...]:
    """Return those that count for a schedule, in the order in which they are laid: as they were created."""
    taken = (
        one
        for one in overrides
        if one.schedule == schedule and one.state is OverrideState.TAKEN and one.starts_at < one.ends_at
    )
    return tuple(sorted(taken, key=lambda one: (one.created_at, one.override_id)))


def lay(base: Place | None, overrides: Iterable[Override], called: Called) -> Placed:
    """Lay overrides in force, oldest first, over whom the layers give (None: nobody).

    The place of `instead_of` is the one that person has, or, for one who comes in another's stead, had before
    an earlier override: so the latest of two replacements of the same person wins. Whoever would be on call
    twice keeps the first place.
    """
    places: Places = (base,) if base else ()
    for override in overrides:
        places = _once(_LAYING[override.kind](places, override, called))
    on = {place.person for place in places}
    off = {name for place in places for name in place.before}
    off |= {one.instead_of for one in overrides if one.instead_of}
    return Placed(places, frozenset(off - on))


def _added(places: Places, override: Override, called: Called) -> Places:
    stays = tuple(place for place in places if place.person != override.instead_of)
    return (*stays, _place(override, called)) if override.person else stays


def _removed(places: tuple[Place, ...], override: Override, called: Called) -> tuple[Place, ...]:
    if override.instead_of is None:
        return ()
    return tuple(place for place in places if place.person != override.instead_of)


def _replaced(places: tuple[Place, ...], override: Override, called: Called) -> tuple[Place, ...]:
    if override.person is None:
        return places
    fresh = _place(override, called)
    if override.instead_of is None:
        before = frozenset(name for place in places for name in (*place.before, place.person))
        return (replace(fresh, before=before),)
    whose = override.instead_of
    held = [place for place in places if place.person == whose]
    meant = held or [place for place in places if whose in place.before]
    return tuple(
        replace(fresh, before=place.before | {place.person}) if place in meant else place for place in places
    )


def _once(places: Places) -> Places:
    found: dict[str, Place] = {}
    for place in places:
        found.setdefault(place.person, place)
    return tuple(found.values())


def _place(override: Override, called: Called) -> Place:
    return Place(override.person or "", of_override(override, called), override.override_id)


_LAYING = {
    OverrideKind.ADD: _added,
    OverrideKind.REMOVE: _removed,
    OverrideKind.REPLACE: _replaced,
    OverrideKind.SWAP: _replaced,
}
