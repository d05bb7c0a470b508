"""Compares what the tables say with what the log says: a sound log alone proves nothing of rewritten rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.audit.decisions import Decisions, RecordFault
from tocsin.audit.leaf import EntryUnreadable, as_logged, decode_with_digests, fact_digest
from tocsin.domain.entry import Entry
from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit
from tocsin.domain.timeline import Happening, TimelineEntry

# Every entry with this fact, and no other, was written together with a line of an incident's timeline.
_TEXT = "text"
_ACTS: Mapping[str, tuple[CustodyAct, ...]] = {
    Happening.EXHIBIT_KEPT: (CustodyAct.COLLECTED,),
    Happening.EXHIBIT_READ: (CustodyAct.VERIFIED, CustodyAct.READ),
    Happening.EXHIBIT_DESTROYED: (CustodyAct.DESTROYED,),
    Happening.BAG_PACKED: (CustodyAct.COPIED,),
}
"""The lines of custody that are written together with each kind of entry."""
_LOGGED = frozenset(act for acts in _ACTS.values() for act in acts) | {
    CustodyAct.EXPORTED,
    CustodyAct.RELEASED,
}
_RANGE = re.compile(r"([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,17}))?", re.ASCII)
# Exhibits are counted one by one; a longer range was never written by us.
_LONGEST_RANGE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Line:
    """A timeline line as both sides can tell it; the text by its SHA-256, since the log may hold no more."""

    incident: str
    at: datetime
    kind: str
    actor: str
    text: str

    @property
    def place(self) -> tuple[str, datetime, str]:
        return self.incident, self.at, self.kind

    @property
    def words(self) -> str:
        return f"the line {self.kind} of {self.at.isoformat()} by {self.actor}"


@dataclass(frozen=True, slots=True)
class _Kept:
    """An exhibit as the log tells it: its facts by their SHA-256."""

    index: int
    entry: Entry
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Held:
    """A line of custody as both sides can tell it."""

    exhibit: str
    act: CustodyAct
    at: datetime
    actor: str

    @property
    def words(self) -> str:
        return f"the line {self.act} of {self.at.isoformat()} by {self.actor} in its custody"


@dataclass(slots=True)
class Account:
    """What must stand in the tables according to the log. Build it with `account_of`."""

    exhibits: dict[str, _Kept] = field(default_factory=dict)
    custody: dict[_Held, list[int]] = field(default_factory=dict)
    lines: dict[_Line, list[int]] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=Decisions)


def account_of(contents: Iterable[bytes]) -> Account:
    """Read the log's entries in their order; one that only a newer version can read tells nothing."""
    account = Account()
    for index, content in enumerate(contents):
        try:
            entry, facts = decode_with_digests(content)
        except EntryUnreadable:
            continue
        if _TEXT in facts:
            line = _Line(entry.subject, entry.at, entry.kind, entry.actor, facts[_TEXT])
            account.lines.setdefault(line, []).append(index)
        if entry.kind == Happening.EXHIBIT_KEPT:
            account.exhibits[entry.facts.get("exhibit", "")] = _Kept(index, entry, facts)
        account.decisions.hear(index, entry, facts)
        for held in _held(entry):
            account.custody.setdefault(held, []).append(index)
    return account


def exhibit_faults(account: Account, rows: Iterable[tuple[str, Exhibit]]) -> tuple[RecordFault, ...]:
    """Compare exhibits, each with its incident's short name, with the log, both ways."""
    missing = dict(account.exhibits)
    faults = []
    for incident, exhibit in rows:
        name = exhibit.short_name
        kept = missing.pop(name, None)
        if kept is None:
            sentence = f"{name} is not in the log: nobody kept it by way of Tocsin."
            faults.append(RecordFault(name, incident, sentence))
        elif changed := _changed(kept, incident, exhibit):
            sentence = f"{name} is not as entry {kept.index} of the log has it: other {', '.join(changed)}."
            faults.append(RecordFault(name, kept.entry.subject, sentence))
    for name, kept in missing.items():
        sentence = f"{name} is missing: entry {kept.index} of the log says that it was kept."
        faults.append(RecordFault(name, kept.entry.subject, sentence))
    return tuple(faults)


def custody_faults(account: Account, rows: Iterable[tuple[str, CustodyEvent]]) -> tuple[RecordFault, ...]:
    """Compare lines of custody, each with its incident's short name, with the log, both ways.

    Acts that have no entry of their own are not compared.
    """
    missing = {held: list(indexes) for held, indexes in account.custody.items()}
    incidents: dict[str, str] = {}
    faults = []
    for incident, row in rows:
        name = f"EX-{row.exhibit}"
        incidents[name] = incident
        if row.act not in _LOGGED:
            continue
        held = _Held(name, row.act, row.at, as_logged(row.actor))
        if missing.get(held):
            missing[held].pop()
        else:
            faults.append(RecordFault(name, incident, f"{name}: {held.words} is not in the log."))
    for held, indexes in missing.items():
        for index in indexes:
            sentence = f"{held.exhibit}: {held.words} is missing; entry {index} of the log has it."
            faults.append(RecordFault(held.exhibit, incidents.get(held.exhibit, ""), sentence))
    return tuple(faults)


def line_faults(account: Account, rows: Iterable[tuple[str, TimelineEntry]]) -> tuple[RecordFault, ...]:
    """Compare timeline lines, each with its incident's short name, with the log, both ways."""
    missing = {line: list(indexes) for line, indexes in account.lines.items()}
    strange = []
    for incident, row in rows:
        line = _Line(incident, row.at, row.kind, as_logged(row.actor), fact_digest(row.text))
        if missing.get(line):
            missing[line].pop()
        else:
            strange.append(line)
    faults = [(line, indexes[0]) for line, indexes in missing.items() for _ in indexes]
    places = {line.place for line in strange}
    found = [_lacking(line, index, rewritten=line.place in places) for line, index in faults]
    lacking = {line.place for line, _ in faults}
    return (*found, *(_invented(line) for line in strange if line.place not in lacking))


def _held(entry: Entry) -> Iterator[_Held]:
    """Yield the lines of custody that an entry was written with."""
    if entry.kind == Happening.EXHIBIT_READ and entry.facts.get("fault"):
        return  # What was refused, because it was not as kept, was held by nobody.
    acts = _ACTS.get(entry.kind, ())
    if entry.kind == Happening.EXHIBIT_EXPORTED:
        acts = (CustodyAct.RELEASED if entry.facts.get("released_to") else CustodyAct.EXPORTED,)
    for name in _exhibits(entry) if acts else ():
        yield from (_Held(name, act, entry.at, entry.actor) for act in acts)


def _exhibits(entry: Entry) -> Iterator[str]:
    """Yield the exhibits that an entry is about; ranges such as `1-3,7` where it is about several."""
    if "exhibits" in entry.facts:
        for part in entry.facts["exhibits"].split(","):
            found = _RANGE.fullmatch(part)
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
            yield from (f"EX-{number}" for number in range(first, min(last, first + _LONGEST_RANGE) + 1))
    else:
        yield entry.facts.get("exhibit") or entry.subject


def _lacking(line: _Line, index: int, *, rewritten: bool) -> RecordFault:
    how = "was rewritten" if rewritten else "is missing"
    sentence = f"{line.incident}: {line.words} {how}; entry {index} of the log has it."
    return RecordFault(line.incident, line.incident, sentence)


def _invented(line: _Line) -> RecordFault:
    sentence = f"{line.incident}: {line.words} is not in the log; it was written around Tocsin."
    return RecordFault(line.incident, line.incident, sentence)


def _changed(kept: _Kept, incident: str, exhibit: Exhibit) -> tuple[str, ...]:
    """Return the names of what differs; a fact that the log does not hold cannot differ."""
    stated = {
        "digest": exhibit.digest,
        "size": str(exhibit.size),
        "incident_date": exhibit.label.incident_date.isoformat(),
        "description": exhibit.label.description,
        "exported_by": exhibit.label.exported_by,
        "name": exhibit.name,
        "media_type": exhibit.media_type,
        "collector": exhibit.collector or "",
        "covers": exhibit.covers,
        "of": exhibit.of,
        "gap": exhibit.gap,
        "encrypted": "yes" if exhibit.encrypted else "no",
    }
    differing = [
        name for name, value in stated.items() if kept.facts.get(name) not in (None, fact_digest(value))
    ]
    # Before exhibits knew their entry, none had these facts.
    if "of" in kept.facts and exhibit.entry_id != kept.entry.entry_id:
        differing.append("log entry")
    if incident != kept.entry.subject:
        differing.append("incident")
    if exhibit.kept_at != kept.entry.at:
        differing.append("time of keeping")
    return tuple(differing)
