"""Answers the calls of collectors about what Tocsin keeps itself: the log and the lake."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import orjson

from tocsin.app.lakekeeping import time_of
from tocsin.app.trusting import believed
from tocsin.app.wiring import App
from tocsin.audit import leaf
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.incident import Incident
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.shelves import Shelves
from tocsin.store.lake import SegmentLake
from tocsin.store.lake.hot import lines
from tocsin.store.lake.manifest import Segment, micros

SERVICE = "tocsin"
WHOLE_LOG_UP_TO = 100_000
"""Entries; a longer log is verified as a whole by the monitor and before an export, not for each incident."""
LAST_ENTRIES = 200
AROUND = timedelta(hours=1)
"""Signals are kept from so long before an incident was detected."""
_LOOKED_THROUGH = 20_000
# Labels of these names tell what kind of thing an alert is, not whom it is about.
_NO_ENTITIES = frozenset({"alertname", "severity", "job", "rule_id", "source", "env", "environment"})
_SHORTEST_ENTITY = 4


@dataclass(frozen=True, slots=True)
class OwnCaller:
    """Reads our own store and lake, in the thread of a collector; the connection is closed after each."""

    app: App

    def call(self, call: Call) -> BinaryIO:
        """Return a stream. Raises `CallFailed`."""
        answers: dict[str, Callable[[Call], Iterable[bytes]]] = {
            "log.snapshot": self._snapshot,
            "log.export": lambda _: self.app.proving.export(trust=believed(self.app).trust),
            "lake.signals": self._signals,
        }
        if call.operation not in answers:
            raise CallFailed(FailureKind.MISCONFIGURED, f"Tocsin keeps no {call.operation[:60]!r}")
        return Streamed(answers[call.operation](call), self.app.hang_up)

    def _snapshot(self, call: Call) -> Iterator[bytes]:
        """Yield one JSON document: the signed head, what waits, the verdict, the incident's last entries."""
        with self.app.store.reading() as shelves:
            size, waiting = shelves.log.size(), shelves.log.waiting()
            head = shelves.log.last_checkpoint()
            entries = _entries_of(shelves, str(call.parameters["incident"]))
        whole = size <= WHOLE_LOG_UP_TO
        verdict = self.app.proving.verify() if whole else None
        told = {
            "incident": call.parameters["incident"],
            "at": self.app.clock.now().isoformat(),
            "size": size,
            "waiting": waiting,
            "checkpoint": head.note if head else None,
            "signed_at": head.signed_at.isoformat() if head else None,
            "verified": "the whole log"
            if whole
            else "not here: the log is long, and the monitor verifies it",
            "sound": verdict.sound if verdict else None,
            "verdict": verdict.reason if verdict else None,
            "entries": entries,
        }
        yield orjson.dumps(told, option=orjson.OPT_INDENT_2)

    def _signals(self, call: Call) -> Iterator[bytes]:
        """Yield each stored record of the span that names one of the entities, as it came, a line each."""
        incident = self._incident(str(call.parameters["incident"]))
        asked = call.parameters.get("entities") or ()
        with self.app.store.reading() as shelves:
            alerts = shelves.alerts.of_incident(incident.incident_id)
        labels = {
            value
            for alert in alerts
            for name, value in alert.labels.items()
            if name not in _NO_ENTITIES and len(value) >= _SHORTEST_ENTITY
        }
        entities = sorted(str(each) for each in asked or labels)
        since, until = incident.detected_at - AROUND, self.app.clock.now()
        head = {"since": since.isoformat(), "until": until.isoformat(), "entities": entities}
        yield orjson.dumps({"exported": head}) + b"\n"
        wanted = [orjson.dumps(each)[1:-1] for each in entities]
        lake = SegmentLake(self.app.settings.home / "lake")
        for raw in _records(lake, since, until):
            if any(each in raw for each in wanted):
                yield raw + b"\n"

    def _incident(self, name: str) -> Incident:
        number = name.rpartition("-")[2]
        with self.app.store.reading() as shelves:
            found = shelves.incidents.by_number(int(number)) if number.isdecimal() else None
        if found is None:
            raise CallFailed(FailureKind.REFUSED, f"there is no incident {name[:40]!r}")
        return found


class Streamed(io.RawIOBase, BinaryIO):
    """Pieces as a stream; `done` is called when it is closed."""

    def __init__(self, pieces: Iterable[bytes], done: Callable[[], None]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""
        self._done = done

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, nothing at the end; without a size all that is left."""
        if size < 0:
            whole, self._rest = self._rest + b"".join(self._pieces), b""
            return whole
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def close(self) -> None:
        """End the pieces and call `done`, once."""
        if not self.closed:
            end = getattr(self._pieces, "close", None)
            if end is not None:
                end()
            self._done()
        super().close()


def _entries_of(shelves: Shelves, incident: str) -> list[dict[str, Any]]:
    """Return the last entries about an incident among the last of the log, oldest first, waiting ones too."""
    start = max(shelves.log.size() - _LOOKED_THROUGH, 0)
    marked = f'"{incident}"'.encode()
    contents = [each.content for each in shelves.log.leaves(start, shelves.log.size())]
    named = [each for each in (*contents, *shelves.log.waiting_contents()) if marked in each]
    found = (leaf.decode(each) for each in named)
    about = [each for each in found if each.subject == incident][-LAST_ENTRIES:]
    return [
        {
            "id": str(e.entry_id),
            "at": e.at.isoformat(),
            "kind": e.kind,
            "actor": e.actor,
            "facts": dict(e.facts),
        }
        for e in about
    ]


def _records(lake: SegmentLake, since: datetime, until: datetime) -> Iterator[bytes]:
    """Yield the raw records of a span, sealed ones first; those that name no time are in every span."""
    first, last = micros(since), micros(until)
    contents = lake.contents()
    for segment in contents.segments:
        if _may_hold(segment, first, last):
            rows = lake.segment(segment).rows()
            yield from (raw for at, _, raw in rows if at is None or first <= at <= last)
    for _, file in contents.hot:
        for _, line in lines(file):
            time = time_of(line)
            if time is None or since <= time <= until:
                yield line


def _may_hold(segment: Segment, first: int, last: int) -> bool:
    """Say whether a record of the segment may be of the span, in microseconds; one without a time is."""
    is_after = segment.first_time is not None and segment.first_time > last
    is_before = segment.last_time is not None and segment.last_time < first
    return bool(segment.undated) or not (is_after or is_before)
