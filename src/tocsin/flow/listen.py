"""Sources are listened to: silence raises an alert, and so that ours is known, it is written down too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Take
from tocsin.intake.heartbeat import (
    Expectation,
    Pulse,
    State,
    Watch,
    expectation_of,
    expected,
    forgotten,
    look,
    pulse_of,
    state_of,
    watch_of,
    written,
    written_watch,
)

PULSE = "pulse"
WATCH = "watch"
_OURS = "ours"
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSeen:
    """One source as people see it: when it was last heard, how long it may be quiet, and what it is now."""

    source: str
    state: State
    last: datetime | None
    expected: timedelta | None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Looks at all sources in one transaction; safe beside other processes that look too."""

    store: Store
    clock: Clock
    take: Take
    expectations: Sequence[Expectation]

    def look(self, heard: Mapping[str, datetime]) -> None:
        """Look at all sources, told when each was last heard; alerts of silence begin and end here."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(WATCH)
            watch, pulses = _kept(shelves)
            looked = look(watch, pulses, heard, self.expectations, now)
            changed = {pulse.source: written(pulse) for pulse in set_apart(looked.pulses, pulses)}
            shelves.marks.keep(PULSE, changed, now)
            shelves.marks.keep(WATCH, {_OURS: written_watch(looked.watch)}, now)
            if looked.our_gap is not None:
                facts = {"seconds": str(int(looked.our_gap.total_seconds()))}
                note(shelves, Happening.LISTENING_GAP, at=now, facts=facts)
            self.take.own(shelves, looked.reports)

    def seen(self) -> tuple[SourceSeen, ...]:
        """Return every source that was heard or that a pack names, by name."""
        now = self.clock.now()
        with self.store.reading() as shelves:
            watch, pulses = _kept(shelves)
        known = {pulse.source: pulse for pulse in pulses}
        named = [
            told.pattern for told in self.expectations if told.severity and not set(told.pattern) & _WILD
        ]
        known = {name: Pulse(source=name) for name in named} | known
        return tuple(self._seen(known[name], watch, now) for name in sorted(known))

    def habits(self) -> Mapping[str, timedelta]:
        """Return how long each source may be quiet, as far as that is known."""
        return {each.source: each.expected for each in self.seen() if each.expected is not None}

    def forget(self, source: str, actor: str) -> None:
        """Forget a source's habits: its alert ends, they are learned anew if it speaks. Raises `NotFound`."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(WATCH)
            stored = shelves.marks.of(PULSE, [source])
            if source not in stored:
                raise NotFound(
                    f"No source {source[:80]!r} was ever heard.",
                    means="Nothing was changed.",
                    next_step="Look at `tocsin source list` for those there are.",
                )
            pulse, ended = forgotten(pulse_of(source, stored[source]), self._expectation(source), now)
            shelves.marks.keep(PULSE, {source: written(pulse)}, now)
            note(shelves, Happening.SOURCE_FORGOTTEN, at=now, actor=actor, subject=source)
            self.take.own(shelves, ended)

    def _expectation(self, source: str) -> Expectation:
        return expectation_of(source, self.expectations)

    def _seen(self, pulse: Pulse, watch: Watch, now: datetime) -> SourceSeen:
        expectation = self._expectation(pulse.source)
        return SourceSeen(
            source=pulse.source,
            state=state_of(pulse, expectation, now, watch.deaf_until),
            last=pulse.last,
            expected=expected(pulse, expectation),
            owner=expectation.owner,
        )


def set_apart(pulses: Sequence[Pulse], before: Sequence[Pulse]) -> list[Pulse]:
    """Return the pulses that are not as they were."""
    known = {pulse.source: pulse for pulse in before}
    return [pulse for pulse in pulses if known.get(pulse.source) != pulse]


def _kept(shelves: Shelves) -> tuple[Watch, tuple[Pulse, ...]]:
    watch = watch_of(shelves.marks.of(WATCH, [_OURS]).get(_OURS))
    pulses = shelves.marks.all(PULSE)
    return watch, tuple(pulse_of(source, stored) for source, stored in pulses.items())
