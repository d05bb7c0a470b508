"""Packs an incident's exhibits into a bag: what goes in, and what is written down when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.bag import Bag
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.evidence.bags import nothing_to_pack
from tocsin.evidence.custody import custody_event, number_ranges
from tocsin.flow.admitting import incident_of
from tocsin.flow.record import note, tell
from tocsin.incidents.changed import line


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bag is made of: exhibits whose bytes are there, and all their custody so far."""

    incident: Incident
    exhibits: tuple[Exhibit, ...]
    custody: tuple[CustodyEvent, ...]


def contents_of(shelves: Shelves, incident_id: UUID) -> Contents:
    """Return what can be packed of an incident. Raises `NotFound` when it is nothing."""
    incident = incident_of(shelves, incident_id)
    destroyed = {each.exhibit for each in shelves.exhibits.custody((CustodyAct.DESTROYED,))}
    exhibits = tuple(
        each for each in shelves.exhibits.of_incident(incident_id) if each.number not in destroyed
    )
    if not exhibits:
        raise nothing_to_pack(incident.short_name)
    packed_here = {each.number for each in exhibits}
    custody = tuple(each for each in shelves.exhibits.custody_in(incident_id) if each.exhibit in packed_here)
    return Contents(incident, exhibits, custody)


def packed(shelves: Shelves, bag: Bag) -> Bag:
    """Write down a bag whose archive lies in the locker, and return it with its log entry.

    That entry holds the digest of its tag manifest, so that a bag made anew over other bytes is found out.
    """
    incident = incident_of(shelves, bag.incident_id)
    without = f"; not in it: {' '.join(bag.left_out)}" if bag.left_out else ""
    text = f"{bag.short_name} packed: {len(bag.exhibits)} exhibits, {bag.size} bytes, {_to(bag)}{without}"
    entry = line(incident, Happening.BAG_PACKED, text, by=bag.packed_by, now=bag.packed_at)
    facts = {
        "bag": bag.short_name,
        "digest": bag.digest,
        "archive": bag.archive,
        "size": str(bag.size),
        "exhibits": number_ranges(bag.exhibits),
        "recipients": ",".join(bag.recipients),
        **({"left_out": " ".join(bag.left_out)} if bag.left_out else {}),
    }
    kept = replace(bag, entry_id=tell(shelves, incident, entry, facts))
    shelves.bags.add(kept)
    _hold(
        shelves,
        bag.exhibits,
        CustodyAct.COPIED,
        bag.packed_by,
        bag.packed_at,
        f"Copied into {bag.short_name}.",
    )
    return kept


def handed_out(shelves: Shelves, subject: str, exhibits: Sequence[int], digest: str, told: HandedOut) -> None:
    """Write down that a copy of a bag or an exhibit leaves the house, before it does."""
    act = CustodyAct.RELEASED if told.released_to else CustodyAct.EXPORTED
    reason = f"To {told.released_to}: {told.reason}" if told.released_to else told.reason
    facts = {
        "digest": digest,
        "exhibits": number_ranges(exhibits),
        "reason": told.reason,
        **({"released_to": told.released_to} if told.released_to else {}),
    }
    note(shelves, Happening.EXHIBIT_EXPORTED, at=told.at, actor=told.actor, subject=subject, facts=facts)
    _hold(shelves, exhibits, act, told.actor, told.at, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """Who hands out a copy, when, why, and to whom custody passes (empty: to nobody)."""

    actor: str
    at: datetime
    reason: str
    released_to: str = ""


def bag_of(shelves: Shelves, number: int) -> Bag:
    """Return a bag. Raises `NotFound`."""
    found = shelves.bags.get(number)
    if found is None:
        raise NotFound(
            f"There is no bag BAG-{number}.",
            means="Nothing was handed out.",
            next_step="Look at `tocsin evidence bags` for the bags there are.",
        )
    return found


def _hold(
    shelves: Shelves, exhibits: Sequence[int], act: CustodyAct, actor: str, at: datetime, reason: str
) -> None:
    shelves.exhibits.add_all_custody(
        [custody_event(number, act, actor=actor, at=at, reason=reason) for number in exhibits]
    )


def _to(bag: Bag) -> str:
    return f"encrypted to {len(bag.recipients)} recipients" if bag.recipients else "not encrypted"
