"""Who is on call, and changing it for a while: overrides, cover requests and swaps, each act in the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.override import Override, OverrideState
from tocsin.domain.person import Person
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.oncall.schedules.asking import (
    Asker,
    Known,
    Span,
    Wish,
    cover_asked,
    cover_taken,
    overridden,
    swap_agreed,
    swap_asked,
    withdrawn,
)
from tocsin.oncall.schedules.duty import Duty as OnDuty
from tocsin.oncall.schedules.duty import on_duty
from tocsin.oncall.schedules.gaps import Gap, gaps
from tocsin.oncall.schedules.schedule import Schedule
from tocsin.oncall.schedules.shifts import Shift, shifts, whole_shifts

OVERRIDES = "oncall:overrides"
REACH = timedelta(days=800)
"""How far around now overrides are looked for by their id; none lasts longer than a year."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Each public method is one transaction. `schedules` and `people` are those of the on-call file."""

    store: Store
    clock: Clock
    schedules: Mapping[str, Schedule]
    people: Mapping[str, Person]

    def now(self, name: str) -> OnDuty:
        """Return who is on call by a schedule now. Raises `NotFound`."""
        at = self.clock.now()
        return on_duty(self.schedule(name), self.overrides(at, at + timedelta(days=62)), at)

    def schedule(self, name: str) -> Schedule:
        """Return a schedule by its name. Raises `NotFound`."""
        if name not in self.schedules:
            raise NotFound(
                f"There is no schedule {name[:80]!r}.",
                means="Nothing was shown or changed.",
                next_step="Look at `tocsin schedule list` for those there are.",
            )
        return self.schedules[name]

    def overrides(self, start: datetime, end: datetime, schedule: str = "") -> tuple[Override, ...]:
        """Return what touches a span: what counts, what waits and what was withdrawn."""
        with self.store.reading() as shelves:
            return shelves.overrides.between(start, end, schedule)

    def shifts(self, name: str, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """Return a schedule's shifts, cut to a span. Raises `NotFound`."""
        return shifts(self.schedule(name), self.overrides(start, end, name), start, end)

    def whole_shifts(self, name: str, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """Return a schedule's shifts that touch a span, whole. Raises `NotFound`."""
        around = self.overrides(start - REACH / 2, end + REACH / 2, name)
        return whole_shifts(self.schedule(name), around, start, end)

    def gaps(self, name: str, start: datetime, end: datetime) -> tuple[Gap, ...]:
        """Return when nobody is on call. Raises `NotFound`."""
        return gaps(self.schedule(name), self.overrides(start, end, name), start, end)

    def override(self, wish: Wish, by: Asker) -> Override:
        """Change a schedule for a while, at once. Raises `OverrideRefused`, `NotFound`."""
        now = self.clock.now()
        made = overridden(wish, by, self._known, now, uuid4())
        with self.store.transaction() as shelves:
            self._add(shelves, (made,), by, "made an override")
        return made

    def ask_cover(self, wish: Wish, by: Asker) -> Override:
        """Ask that somebody takes over for a while. Raises `OverrideRefused`, `NotFound`."""
        made = cover_asked(wish, by, self._known, self.clock.now(), uuid4())
        with self.store.transaction() as shelves:
            self._add(shelves, (made,), by, "asked for cover")
        return made

    def take_cover(self, override_id: UUID, person: str, by: Asker) -> Override:
        """Take over as was asked; of two who try, the second is refused. Raises as above."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            asked = self._held(shelves, override_id)
            taken = cover_taken(asked, person, by, self._known, now)
            self._save(shelves, (taken,), by, "took the cover")
        return taken

    def ask_swap(self, mine: Wish, theirs: Span, by: Asker) -> tuple[Override, Override]:
        """Ask another to swap two spans. Raises `OverrideRefused`, `NotFound`."""
        now = self.clock.now()
        halves = swap_asked(mine, theirs, by, self._known, now, (uuid4(), uuid4(), uuid4()))
        with self.store.transaction() as shelves:
            self._add(shelves, halves, by, "asked for a swap")
        return halves

    def agree(self, override_id: UUID, by: Asker) -> tuple[Override, ...]:
        """Agree to a swap, named by one of its halves. Raises `OverrideRefused`, `NotFound`."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            halves = self._halves(shelves, self._held(shelves, override_id), now)
            agreed = swap_agreed(halves, by, now)
            self._save(shelves, agreed, by, "agreed to a swap")
        return agreed

    def withdraw(self, override_id: UUID, by: Asker) -> tuple[Override, ...]:
        """Take back what was asked for or is to come; what is in force ends now. Raises as above."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            parts = self._halves(shelves, self._held(shelves, override_id), now)
            ended = withdrawn(parts, by, now)
            self._save(shelves, ended, by, "withdrew")
        return ended

    def found(self, override_id: UUID) -> Override:
        """Return an override or request. Raises `NotFound`."""
        with self.store.reading() as shelves:
            return _known_one(shelves, override_id)

    @property
    def _known(self) -> Known:
        return Known(schedules=self.schedules, people=self.people)

    def _held(self, shelves: Shelves, override_id: UUID) -> Override:
        shelves.lock(OVERRIDES)
        return _known_one(shelves, override_id)

    def _halves(self, shelves: Shelves, one: Override, now: datetime) -> tuple[Override, ...]:
        if one.swap_id is None:
            return (one,)
        around = shelves.overrides.between(now - REACH, now + REACH, one.schedule)
        return tuple(other for other in around if other.swap_id == one.swap_id)

    def _add(self, shelves: Shelves, made: Iterable[Override], by: Asker, did: str) -> None:
        shelves.lock(OVERRIDES)
        for one in made:
            shelves.overrides.add(one)
            self._note(shelves, one, by, did)

    def _save(self, shelves: Shelves, changed: Iterable[Override], by: Asker, did: str) -> None:
        for one in changed:
            shelves.overrides.save(one)
            self._note(shelves, one, by, did)

    def _note(self, shelves: Shelves, one: Override, by: Asker, did: str) -> None:
        facts = {
            "did": did,
            "id": str(one.override_id),
            "kind": one.kind.value,
            "state": one.state.value,
            "from": one.starts_at.isoformat(),
            "until": one.ends_at.isoformat(),
            "person": one.person or "",
            "instead_of": one.instead_of or "",
            "reason": one.reason,
        }
        note(
            shelves,
            Happening.OVERRIDDEN,
            at=self.clock.now(),
            actor=by.name,
            subject=one.schedule,
            facts={key: value for key, value in facts.items() if value},
        )


def _known_one(shelves: Shelves, override_id: UUID) -> Override:
    found = shelves.overrides.get(override_id)
    if found is None:
        raise NotFound(
            "There is no such override or request.",
            means="Nothing was changed.",
            next_step="Look at `tocsin schedule show` for those there are.",
        )
    return found


def waiting(overrides: Iterable[Override], now: datetime) -> tuple[Override, ...]:
    """Return requests that nobody took yet and that are not over."""
    return tuple(one for one in overrides if one.state is OverrideState.ASKED and one.ends_at > now)
