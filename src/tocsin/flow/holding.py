"""Holds evidence against destruction, lets it go, and destroys what may be; each is an entry in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.audit.decisions import holds_of
from tocsin.domain.bag import LegalHold
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct, Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.evidence.custody import custody_event
from tocsin.evidence.holds import (
    Destruction,
    demand_destroyable,
    demand_not_held_by_log,
    reason_of,
    still_asked,
)
from tocsin.flow.admitting import incident_of
from tocsin.flow.record import held, note, tell
from tocsin.flow.respond import no_exhibit
from tocsin.incidents.changed import line

DESTRUCTION = "destruction"
"""The kind of mark that remembers, by an exhibit's name, that its destruction was asked for."""
_LEAVES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What came of it: `asked` is what still waits for consent, None when the bytes are gone."""

    exhibit: Exhibit
    asked: Destruction | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Legal holds, and the end of an exhibit."""

    store: Store
    clock: Clock
    locker: EvidenceLocker

    def hold(self, incident_id: UUID | None, reason: str, actor: str) -> LegalHold:
        """Forbid that exhibits of an incident (None: of any) are destroyed.

        Raises `HoldReasonMissing`, `NotFound`.
        """
        asked, now = reason_of(reason), self.clock.now()
        with self.store.transaction() as shelves:
            incident = None if incident_id is None else incident_of(shelves, incident_id)
            hold = shelves.bags.hold(
                LegalHold(number=0, incident_id=incident_id, reason=asked, held_by=actor, held_at=now)
            )
            text = f"Legal hold LH-{hold.number}: {asked}"
            self._told(shelves, Happening.HELD, incident, hold, text, actor)
        return hold

    def release(self, number: int, reason: str, actor: str) -> LegalHold:
        """End a legal hold. Raises `HoldReasonMissing`, and `NotFound` for one that is not in force."""
        asked, now = reason_of(reason), self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(f"hold:{number}")
            found = next((each for each in shelves.bags.holds() if each.number == number), None)
            if found is None or found.released_at is not None:
                raise NotFound(
                    f"There is no legal hold LH-{number} in force.",
                    means="Nothing was changed.",
                    next_step="Look at `tocsin evidence holds` for the holds there are.",
                )
            hold = replace(found, released_at=now, released_by=actor, release_reason=asked)
            shelves.bags.save_hold(hold)
            incident = None if hold.incident_id is None else incident_of(shelves, hold.incident_id)
            text = f"Legal hold LH-{number} was released: {asked}"
            self._told(shelves, Happening.RELEASED, incident, hold, text, actor)
        return hold

    def ask(self, number: int, reason: str, actor: str) -> Destroyed:
        """Ask that an exhibit's bytes be destroyed; those who consent do so signed in, see `consent`.

        Raises `HoldReasonMissing`, `NotFound`, `EvidenceHeld`.
        """
        return self._destroy(number, reason_of(reason), actor, person=None)

    def consent(self, number: int, person: str, reason: str = "") -> Destroyed:
        """Consent, as a signed-in person, to destroy an exhibit's bytes; with the last consent they go.

        Label, digest and custody stay, and bags that hold a copy are not touched. Asked again, it destroys
        what a crash left. Whoever is first gives the reason. Raises as `ask` does, and `SecondPersonNeeded`.
        """
        return self._destroy(number, reason, person, person=person)

    def asked(self, shelves: Shelves, exhibit: Exhibit) -> Destruction | None:
        """Return what was asked for and is not done yet."""
        if _is_destroyed(shelves, exhibit.number):
            return None
        return still_asked(_asked(shelves, exhibit), self.clock.now())

    def _destroy(self, number: int, reason: str, actor: str, person: str | None) -> Destroyed:
        logged = self._held_by_log()
        with self.store.transaction() as shelves:
            exhibit = shelves.exhibits.get(number)
            if exhibit is None:
                raise no_exhibit(number)
            incident = held(shelves, exhibit.incident_id)
            demand_not_held_by_log(exhibit, incident, logged, shelves.bags.holds())
            asked = None
            if not _is_destroyed(shelves, number):
                demand_destroyable(exhibit, incident, shelves.bags.holds())
                asked = self._asked_for(shelves, exhibit, reason, actor)
                asked = asked.with_consent(exhibit, person) if person else asked
                if not asked.is_agreed:
                    self._told_asked(shelves, incident, exhibit, asked, actor)
                    return Destroyed(exhibit, asked)
                self._told_destroyed(shelves, incident, exhibit, asked, actor)
            is_shared = _is_shared(shelves, exhibit)
        # The intent is durable before the bytes go: what is gone without an entry would look like tampering.
        if not is_shared:
            self.locker.destroy(exhibit.digest)
        return Destroyed(exhibit)

    def _held_by_log(self) -> Mapping[str, str]:
        """Return the holds that the log knows: whoever writes to the tables can remove a hold's row."""
        with self.store.reading() as shelves:
            return holds_of(_contents(shelves))

    def _asked_for(self, shelves: Shelves, exhibit: Exhibit, reason: str, actor: str) -> Destruction:
        asked = self.asked(shelves, exhibit)
        if asked is not None:
            return asked
        return Destruction(reason=reason_of(reason), asked_by=actor, asked_at=self.clock.now())

    def _told_asked(
        self, shelves: Shelves, incident: Incident, exhibit: Exhibit, asked: Destruction, actor: str
    ) -> None:
        now = self.clock.now()
        kept = {
            "reason": asked.reason,
            "by": asked.asked_by,
            "at": asked.asked_at.isoformat(),
            "people": list(asked.people),
        }
        shelves.marks.keep(DESTRUCTION, {exhibit.short_name: json.dumps(kept).encode()}, now)
        text = f"{exhibit.short_name} ({exhibit.name}) is to be destroyed: {asked.reason}"
        entry = line(incident, Happening.DESTRUCTION_ASKED, text, by=actor, now=now, exhibit=exhibit.number)
        facts = {"exhibit": exhibit.short_name, "reason": asked.reason, "people": ",".join(asked.people)}
        tell(shelves, incident, entry, facts)

    def _told_destroyed(
        self, shelves: Shelves, incident: Incident, exhibit: Exhibit, asked: Destruction, actor: str
    ) -> None:
        now, people = self.clock.now(), " and ".join(asked.people)
        reason = f"{asked.reason} (consented to by {people})"
        event = custody_event(exhibit, CustodyAct.DESTROYED, actor=actor, at=now, reason=reason)
        shelves.exhibits.add_custody(event)
        shelves.marks.drop(DESTRUCTION, [exhibit.short_name])
        text = f"{exhibit.short_name} ({exhibit.name}) was destroyed: {reason}"
        entry = line(incident, Happening.EXHIBIT_DESTROYED, text, by=actor, now=now, exhibit=exhibit.number)
        facts = {"exhibit": exhibit.short_name, "digest": exhibit.digest, "reason": reason}
        tell(shelves, incident, entry, facts)

    def _told(
        self,
        shelves: Shelves,
        kind: Happening,
        incident: Incident | None,
        hold: LegalHold,
        text: str,
        actor: str,
    ) -> None:
        facts, now = {"hold": f"LH-{hold.number}"}, self.clock.now()
        if incident is None:
            note(shelves, kind, at=now, actor=actor, facts={**facts, "reason": text})
        else:
            tell(shelves, incident, line(incident, kind, text, by=actor, now=now), facts)


def _asked(shelves: Shelves, exhibit: Exhibit) -> Destruction | None:
    written = shelves.marks.of(DESTRUCTION, [exhibit.short_name]).get(exhibit.short_name)
    if written is None:
        return None
    kept = json.loads(written)
    return Destruction(
        reason=kept["reason"],
        asked_by=kept["by"],
        asked_at=datetime.fromisoformat(kept["at"]),
        people=tuple(kept["people"]),
    )


def _contents(shelves: Shelves) -> Iterator[bytes]:
    for number in range(1, shelves.log.latest() + 1):
        ours = shelves.log.of(number)
        for start in range(0, ours.size(), _LEAVES_AT_ONCE):
            yield from (leaf.content for leaf in ours.leaves(start, start + _LEAVES_AT_ONCE))
    yield from shelves.log.waiting_contents()


def _is_destroyed(shelves: Shelves, number: int) -> bool:
    return any(event.act is CustodyAct.DESTROYED for event in shelves.exhibits.custody_of(number))


def _is_shared(shelves: Shelves, exhibit: Exhibit) -> bool:
    """Say whether another exhibit, not destroyed, has the same bytes."""
    gone = {event.exhibit for event in shelves.exhibits.custody((CustodyAct.DESTROYED,))}
    return any(each.digest == exhibit.digest and each.number not in gone for each in shelves.exhibits.all())
