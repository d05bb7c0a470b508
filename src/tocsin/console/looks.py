"""What happened since somebody last looked: grouped by incident, never more than seven lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Happening, TimelineEntry

MOST_LINES = 7
_VISIT_ENDS_AFTER = timedelta(minutes=10)

_WORDS: dict[Happening, tuple[str, str]] = {
    Happening.OPENED: ("opened", "opened"),
    Happening.ALERT_JOINED: ("an alert joined", "{} alerts joined"),
    Happening.ALERT_RESOLVED: ("an alert resolved", "{} alerts resolved"),
    Happening.SEVERITY_CHANGED: ("severity changed", "severity changed {} times"),
    Happening.MOVED: ("status changed", "status changed {} times"),
    Happening.ASSIGNED: ("handed over", "handed over {} times"),
    Happening.ACKNOWLEDGED: ("acknowledged", "acknowledged"),
    Happening.NOTE: ("a note", "{} notes"),
    Happening.PAGED: ("a page", "{} pages"),
    Happening.PAGE_FAILED: ("a page failed", "{} pages failed"),
    Happening.NOTICE_FAILED: ("a notice failed", "{} notices failed"),
    Happening.ESCALATED: ("escalated", "escalated {} times"),
    Happening.NOBODY_TO_PAGE: ("nobody to page", "nobody to page {} times"),
    Happening.EXHIBIT_KEPT: ("an exhibit kept", "{} exhibits kept"),
    Happening.COLLECTION_FAILED: ("evidence not collected", "evidence not collected {} times"),
    Happening.CLOCK_MISSED: ("a deadline missed", "{} deadlines missed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where a visit began and how far it has read; a new one begins ten minutes after the last page."""

    since_number: int
    since_at: datetime | None
    read_to: int
    at: datetime


def visit(before: Visit | None, last_number: int, now: datetime) -> Visit:
    """Return the visit that goes on, or a new one that begins where the last one had read to."""
    if before is None:
        return Visit(since_number=0, since_at=None, read_to=last_number, at=now)
    if now - before.at < _VISIT_ENDS_AFTER:
        return Visit(since_number=before.since_number, since_at=before.since_at, read_to=last_number, at=now)
    return Visit(since_number=before.read_to, since_at=before.at, read_to=last_number, at=now)


def is_worth_keeping(before: Visit | None, seen: Visit) -> bool:
    """Say whether the session must be written: not when a live page only read itself again."""
    if before is None or seen.since_number != before.since_number:
        return True
    return seen.read_to != before.read_to or seen.at - before.at >= timedelta(minutes=1)


def packed(seen: Visit) -> str:
    """Return the visit as text for the session."""
    since = seen.since_at.isoformat() if seen.since_at else ""
    return f"{seen.since_number}|{since}|{seen.read_to}|{seen.at.isoformat()}"


def unpacked(text: str | None) -> Visit | None:
    """Read what `packed` wrote; None when the session holds none."""
    if not text:
        return None
    number, since, read_to, at = text.split("|")
    return Visit(
        since_number=int(number),
        since_at=datetime.fromisoformat(since) if since else None,
        read_to=int(read_to),
        at=datetime.fromisoformat(at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One incident's news in one line; `incident` is None on the line that sums up the rest."""

    incident: Incident | None
    words: str
    at: datetime


def grouped(entries: Sequence[TimelineEntry], incidents: Mapping[UUID, Incident]) -> tuple[Line, ...]:
    """Return one line an incident, the newest first; from the seventh on they are summed up in one."""
    by_incident: dict[UUID, list[TimelineEntry]] = {}
    for entry in entries:
        if entry.incident_id in incidents:
            by_incident.setdefault(entry.incident_id, []).append(entry)
    lines = sorted(
        (
            Line(incident=incidents[incident_id], words=in_words(of_one), at=of_one[-1].at)
            for incident_id, of_one in by_incident.items()
        ),
        key=lambda line: line.at,
        reverse=True,
    )
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    rest = lines[MOST_LINES - 1 :]
    summed = Line(incident=None, words=f"{len(rest)} more incidents changed", at=rest[0].at)
    return (*lines[: MOST_LINES - 1], summed)


def in_words(entries: Sequence[TimelineEntry]) -> str:
    """Return what happened as `opened, 2 pages, acknowledged`, in the order it first happened."""
    counts: dict[Happening, int] = {}
    for entry in entries:
        counts[entry.kind] = counts.get(entry.kind, 0) + 1
    said = [
        one if counts[kind] == 1 else many.format(counts[kind])
        for kind in counts
        if kind in _WORDS
        for one, many in [_WORDS[kind]]
    ]
    return ", ".join(said) or "small changes"
