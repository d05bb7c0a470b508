"""Decide who may change a schedule for a while: overrides, cover requests, swaps, and taking them back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.oncall.schedules.schedule import Schedule

LONGEST = timedelta(days=366)
MAX_REASON = 500
_WITH_PERSON = (OverrideKind.ADD, OverrideKind.REPLACE)


class OverrideRefused(Explained):
    """A change of a schedule is not possible, or not for who asks."""

    code = "override_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who acts: the name for the log, the person they are on call as, if any, and what they may."""

    name: str
    person: str | None
    may_command: bool

    @property
    def signed(self) -> str:
        """Return who an override says has asked for it."""
        return self.person or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time from one instant to another, the end excluded."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The schedules and the people that can be named."""

    schedules: Mapping[str, Schedule]
    people: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants of a schedule. `person` comes on call, `instead_of` goes off."""

    schedule: str
    kind: OverrideKind
    span: Span
    person: str | None = None
    instead_of: str | None = None
    reason: str = ""


def overridden(wish: Wish, by: Asker, known: Known, now: datetime, override_id: UUID) -> Override:
    """Return an override that counts at once. Who may not command can put only themselves on call.

    Raises `OverrideRefused`, `NotFound`.
    """
    if wish.kind is OverrideKind.SWAP:
        raise _refused("A swap needs the consent of both.", "Ask for it with `tocsin schedule swap`.")
    if (wish.person is not None) != (wish.kind in _WITH_PERSON):
        raise _refused(
            f"To {wish.kind} needs {_needs(wish.kind)}.", "Name who comes on call for add and replace."
        )
    if not by.may_command and (wish.person is None or wish.person != by.person):
        raise _refused(
            "Only who may command can put somebody else on call, or take somebody off.",
            "Put yourself on call, ask for cover, or ask for a swap.",
        )
    return _made(wish, by, known, now, override_id, OverrideState.TAKEN)


def cover_asked(wish: Wish, by: Asker, known: Known, now: datetime, override_id: UUID) -> Override:
    """Return a request that somebody covers for `instead_of`; nothing changes until somebody takes it.

    Raises `OverrideRefused`, `NotFound`.
    """
    if wish.instead_of is None or not (by.may_command or wish.instead_of == by.person):
        raise _refused("Cover can be asked for oneself only.", "Name yourself, or let who may command ask.")
    asked = replace(wish, kind=OverrideKind.REPLACE, person=None)
    return _made(asked, by, known, now, override_id, OverrideState.ASKED)


def cover_taken(asked: Override, person: str, by: Asker, known: Known, now: datetime) -> Override:
    """Return the cover as taken; it counts as created now. Raises `OverrideRefused`."""
    if asked.state is not OverrideState.ASKED or asked.swap_id is not None or asked.ends_at <= now:
        raise _refused("This is no request for cover that waits.", "Look at `tocsin schedule show`.")
    if not (by.may_command or person == by.person):
        raise _refused("Nobody can take cover for somebody else.", "Take it yourself.")
    if person == asked.instead_of:
        raise _refused(f"{person} asked for this cover.", "Somebody else must take it, or withdraw it.")
    _demand_person(person, known)
    starts = max(asked.starts_at, now)
    return replace(asked, state=OverrideState.TAKEN, person=person, created_at=now, starts_at=starts)


def swap_asked(
    mine: Wish, theirs: Span, by: Asker, known: Known, now: datetime, ids: tuple[UUID, UUID, UUID]
) -> tuple[Override, Override]:
    """Return the two halves of a swap that waits for the other's consent.

    In `mine.span` the other one, `mine.person`, is on call for the asker; in `theirs` it is the other way
    round. `ids` are those of the halves and of the swap. Raises `OverrideRefused`, `NotFound`.
    """
    if by.person is None or mine.person is None or mine.person == by.person:
        raise _refused("A swap is between two people.", "Ask for it as yourself, and name the other one.")
    first = replace(mine, kind=OverrideKind.SWAP, instead_of=by.person)
    second = replace(first, span=theirs, person=by.person, instead_of=mine.person)
    halves = [
        replace(_made(half, by, known, now, number, OverrideState.ASKED), swap_id=ids[2])
        for half, number in zip((first, second), ids[:2], strict=True)
    ]
    return halves[0], halves[1]


def swap_agreed(halves: Sequence[Override], by: Asker, now: datetime) -> tuple[Override, ...]:
    """Return the halves as taken, by the consent of the one who was asked. Raises `OverrideRefused`."""
    if not halves or any(half.state is not OverrideState.ASKED or half.ends_at <= now for half in halves):
        raise _refused("This is no swap that waits.", "Look at `tocsin schedule show`.")
    both = {half.person for half in halves}
    if by.person not in both or by.person == halves[0].asked_by:
        raise _refused("Only the one who was asked can agree to a swap.", "Let them agree themselves.")
    return tuple(
        replace(half, state=OverrideState.TAKEN, created_at=now, starts_at=max(half.starts_at, now))
        for half in halves
    )


def withdrawn(parts: Sequence[Override], by: Asker, now: datetime) -> tuple[Override, ...]:
    """Return an override, a request or both halves of a swap as taken back.

    What has been in force stays true: it ends now. Raises `OverrideRefused`.
    """
    over = [one for one in parts if one.ends_at <= now or one.state is OverrideState.WITHDRAWN]
    if not parts or len(over) == len(parts):
        raise _refused("It is over, or was withdrawn.", "Make a new override for what is to come.")
    if not by.may_command and by.signed not in {one.asked_by for one in parts}:
        raise _refused("Only who asked for it can withdraw it.", "Ask them, or who may command.")
    return tuple(_ended(one, now) for one in parts if one not in over)


def _ended(one: Override, now: datetime) -> Override:
    if one.state is OverrideState.TAKEN and one.starts_at < now:
        return replace(one, ends_at=now)
    return replace(one, state=OverrideState.WITHDRAWN)


def _made(
    wish: Wish, by: Asker, known: Known, now: datetime, override_id: UUID, state: OverrideState
) -> Override:
    if wish.schedule not in known.schedules:
        raise NotFound(
            f"There is no schedule {wish.schedule[:80]!r}.",
            means="Nothing was changed.",
            next_step="Look at `tocsin schedule list` for those there are.",
        )
    for person in (wish.person, wish.instead_of):
        if person is not None:
            _demand_person(person, known)
    starts = max(wish.span.starts_at, now)
    if wish.span.ends_at <= starts or wish.span.ends_at - starts > LONGEST:
        raise _refused("It must end after it starts and after now, within a year.", "Correct the times.")
    if len(wish.reason) > MAX_REASON:
        raise _refused(f"The reason is longer than {MAX_REASON} characters.", "Shorten it.")
    if "\0" in wish.reason:
        raise _refused("The reason holds a NUL character.", "Write plain text.")
    return Override(
        override_id=override_id,
        schedule=wish.schedule,
        kind=wish.kind,
        state=state,
        starts_at=starts,
        ends_at=wish.span.ends_at,
        person=wish.person,
        instead_of=wish.instead_of,
        asked_by=by.signed,
        created_at=now,
        reason=wish.reason,
    )


def _demand_person(person: str, known: Known) -> None:
    if person not in known.people:
        raise _refused(
            f"{person[:80]!r} is not among the people of the on-call file.",
            "Add them there, or correct the name.",
        )


def _needs(kind: OverrideKind) -> str:
    return "a person who comes on call" if kind in _WITH_PERSON else "nobody who comes on call"


def _refused(happened: str, next_step: str) -> OverrideRefused:
    return OverrideRefused(happened, means="The schedule is as it was.", next_step=next_step)
