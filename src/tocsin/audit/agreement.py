"""Compares what the tables say with what the log says: a sound log alone proves nothing of rewritten rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.audit.leaf import EntryUnreadable, as_logged, decode_with_digests, fact_digest
from tocsin.domain.entry import Entry
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.timeline import Happening, TimelineEntry

# Every entry with this fact, and no other, was written together with a line of an incident's timeline.
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class RecordFault:
    """One row that is not what the log says: `name` and `incident` are short names, `sentence` says how."""

    name: str
    incident: str
    sentence: str


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


@dataclass(slots=True)
class Account:
    """What must stand in the tables according to the log. Build it with `account_of`."""

    exhibits: dict[str, _Kept] = field(default_factory=dict)
    lines: dict[_Line, list[int]] = field(default_factory=dict)


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
    }
    differing = [
        name for name, value in stated.items() if kept.facts.get(name) not in (None, fact_digest(value))
    ]
    if incident != kept.entry.subject:
        differing.append("incident")
    if exhibit.kept_at != kept.entry.at:
        differing.append("time of keeping")
    return tuple(differing)
