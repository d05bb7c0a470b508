"""Asks the log whether it bears the consents that an action's rows claim, before the action begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tocsin.audit.decisions import STANDING
from tocsin.audit.leaf import EntryUnreadable, decode
from tocsin.domain.action import Action, BreakGlass, StandingApproval
from tocsin.domain.entry import Entry
from tocsin.domain.ports.proof import LogShelf
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening

_SLACK = timedelta(minutes=2)
"""Entries stand about in the order of their times: so far from its time one is looked for."""
_AT_ONCE = 500


def unborne(shelves: Shelves, action: Action, standing: Iterable[StandingApproval]) -> tuple[str, ...]:
    """Return, in words, each consent to an action, or word against its gate, that no entry of the log bears.

    A row can be written by whoever owns the database; an entry cannot without its key. What waits for its
    place counts, unless a line in the inbox is not ours.
    """
    lacking = [
        f"the consent of {each.person}"
        for each in action.approvals
        if each.standing is None
        and not any(
            entry.kind == Happening.ACTION_APPROVED
            and (entry.actor, entry.facts.get("action"), entry.facts.get("digest"))
            == (each.person, action.short_name, each.digest)
            for entry in entries_of(shelves, each.at)
        )
    ]
    lacking += [
        f"the {STANDING}{each.number} of {each.person}"
        for each in standing
        if not any(
            entry.kind == Happening.STANDING_GIVEN
            and (entry.actor, entry.subject, entry.facts.get("action"), entry.facts.get("until"))
            == (each.person, f"{STANDING}{each.number}", each.action, each.expires_at.isoformat())
            for entry in entries_of(shelves, each.given_at)
        )
    ]
    glass = action.break_glass
    if glass is not None and len(glass.people) > 1 and not _is_borne(shelves, action, glass):
        lacking.append(f"the broken glass of {' and '.join(glass.people)}")
    return tuple(lacking)


def _is_borne(shelves: Shelves, action: Action, glass: BreakGlass) -> bool:
    return any(
        entry.kind == Happening.BROKE_GLASS
        and (entry.facts.get("action"), entry.facts.get("people"))
        == (action.short_name, ", ".join(glass.people))
        for entry in entries_of(shelves, glass.at)
    )


def entries_of(shelves: Shelves, at: datetime) -> Iterator[Entry]:
    """Yield the entries of one instant. Of a long log only those around it are read."""
    contents = () if shelves.log.forged_waiting() is not None else shelves.log.waiting_contents()
    yield from (entry for entry in _read(contents) if entry.at == at)
    for number in range(shelves.log.latest(), 0, -1):
        ours = shelves.log.of(number)
        start, size = _first_since(ours, at - _SLACK), ours.size()
        while start < size:
            leaves = ours.leaves(start, start + _AT_ONCE)
            found = tuple(_read(leaf.content for leaf in leaves))
            yield from (entry for entry in found if entry.at == at)
            if found and found[-1].at > at + _SLACK:
                break
            start += _AT_ONCE


def _first_since(ours: LogShelf, since: datetime) -> int:
    """Return about where entries since an instant begin, found by halving."""
    low, high = 0, ours.size()
    while low < high:
        middle = (low + high) // 2
        entry = next(_read(leaf.content for leaf in ours.leaves(middle, middle + 1)), None)
        if entry is not None and entry.at < since:
            low = middle + 1
        else:
            high = middle
    return low


def _read(contents: Iterable[bytes]) -> Iterator[Entry]:
    for content in contents:
        try:
            yield decode(content)
        except EntryUnreadable:
            continue
