"""Asks S3 and CloudWatch for news, one process at a time; what was read is remembered with its signals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson

from tocsin.app.tally import Tally
from tocsin.connectors.cloudwatch.wanted import WantedMetric
from tocsin.connectors.refusal import Refused
from tocsin.connectors.signals.formats import read
from tocsin.domain.errors import Explained
from tocsin.domain.ports.samples import SampleStore
from tocsin.domain.sample import Sample
from tocsin.worker.pouring import Batch, Pouring

TURN = "poll.turn"
S3 = "s3"
LOGS = "cloudwatch.logs"
SEEN = "cloudwatch.seen"
LATE = timedelta(minutes=10)
"""So late may a log event still be added to a time that was asked for already."""
FIRST_LOOK_BACK = timedelta(hours=1)
REMEMBERED = timedelta(hours=1)
METRICS_BACK = timedelta(minutes=15)
_MOST_IDS = 1000


class Objects(Protocol):
    """What is asked of a bucket."""

    def pages(self) -> Iterator[Sequence[Any]]: ...
    def fetch(self, key: str, limit: int) -> bytes: ...


class Watched(Protocol):
    """What is asked of CloudWatch."""

    def events(self, group: str, start_ms: int, end_ms: int) -> Iterator[Sequence[dict[str, Any]]]: ...
    def samples(self, wanted: WantedMetric, start: datetime, end: datetime) -> tuple[Sample, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: one of several processes, of which one at a time has the turn."""

    pouring: Pouring
    owner: str
    every_s: float
    max_decoded: int

    def has_turn(self, name: str) -> bool:
        """Take the turn, or hold it; False while another process has it."""
        now = self.pouring.clock.now()
        with self.pouring.store.transaction() as shelves:
            shelves.lock(f"{TURN}:{name}")
            told = shelves.marks.of(TURN, [name]).get(name)
            owner, until = json.loads(told) if told else ("", "")
            if owner != self.owner and told and datetime.fromisoformat(until) > now:
                return False
            until = (now + timedelta(seconds=3 * self.every_s + 60)).isoformat()
            shelves.marks.keep(TURN, {name: json.dumps([self.owner, until]).encode()}, now)
        return True

    def signals(self, body: bytes) -> tuple[Sequence[bytes], Sequence[Refused]]:
        """Read a body as whatever format it is in; what cannot be read is refused, never raised."""
        try:
            parsed = read(body, max_decoded=self.max_decoded)
        except Explained as fault:
            return (), (Refused(body, fault.happened),)
        return parsed.lines, parsed.refused


@dataclass(frozen=True, slots=True)
class BucketPolling:
    """One round reads every object of a place that was not read before; an object changed is a new one."""

    asker: Asker
    source: str
    name: str
    bucket: Objects

    def round(self) -> float:
        """Read what is new; return how long to rest."""
        if not self.asker.has_turn(self.name):
            return self.asker.every_s
        pouring = self.asker.pouring
        pouring.recover(S3, self.name)
        for page in self.bucket.pages():
            marks = {f"{self.name}:{found.key}": found for found in page}
            with pouring.store.reading() as shelves:
                known = shelves.marks.of(S3, marks)
            for mark, found in marks.items():
                if known.get(mark) != found.etag.encode():
                    self._read(mark, found)
        return self.asker.every_s

    def _read(self, mark: str, found: Any) -> None:
        self.asker.has_turn(self.name)
        body = self.bucket.fetch(found.key, self.asker.max_decoded)
        lines, refused = self.asker.signals(body)
        self.asker.pouring.pour(
            Batch(
                kind=S3,
                key=self.name,
                source=self.source,
                lines=lines,
                marks={mark: found.etag.encode()},
                refused=refused,
            )
        )


@dataclass(frozen=True, slots=True)
class LogPolling:
    """One round asks for a log group's events since the last round, and again for the minutes before it."""

    asker: Asker
    source: str
    group: str
    watched: Watched

    def round(self) -> float:
        """Read what is new; return how long to rest."""
        if not self.asker.has_turn(f"logs:{self.group}"):
            return self.asker.every_s
        pouring = self.asker.pouring
        pouring.recover(SEEN, self.group)
        now = pouring.clock.now()
        with pouring.store.reading() as shelves:
            until = shelves.marks.of(LOGS, [self.group]).get(self.group)
        start = now - FIRST_LOOK_BACK if until is None else datetime.fromisoformat(until.decode()) - LATE
        for page in self.watched.events(self.group, _ms(start), _ms(now)):
            for first in range(0, len(page), _MOST_IDS):
                self._pour(page[first : first + _MOST_IDS])
        with pouring.store.transaction() as shelves:
            shelves.marks.keep(LOGS, {self.group: now.isoformat().encode()}, now)
            # The ids of events older than the overlap are asked about no more.
            shelves.marks.drop_older(SEEN, now - REMEMBERED)
        return self.asker.every_s

    def _pour(self, events: Sequence[dict[str, Any]]) -> None:
        named = {f"{self.group}#{event['eventId']}": event for event in events}
        with self.asker.pouring.store.reading() as shelves:
            known = shelves.marks.of(SEEN, named)
        new = {name: event for name, event in named.items() if name not in known}
        lines: list[bytes] = []
        refused: list[Refused] = []
        for stream in dict.fromkeys(str(event.get("logStreamName", "")) for event in new.values()):
            of_it = [event for event in new.values() if event.get("logStreamName", "") == stream]
            good, bad = self.asker.signals(_as_pushed(of_it, self.group, stream))
            lines += good
            refused += bad
        if new:
            marks = dict.fromkeys(new, b"")
            batch = Batch(
                kind=SEEN, key=self.group, source=self.source, lines=lines, marks=marks, refused=refused
            )
            self.asker.pouring.pour(batch)


@dataclass(frozen=True, slots=True)
class MetricPolling:
    """One round asks for the last minutes of each metric; a sample that is known changes nothing."""

    asker: Asker
    wanted: Sequence[WantedMetric]
    watched: Watched
    samples: SampleStore
    tally: Tally

    def round(self) -> float:
        """Read what is new; return how long to rest."""
        if self.asker.has_turn("metrics"):
            now = self.asker.pouring.clock.now()
            for wanted in self.wanted:
                found = self.watched.samples(wanted, now - METRICS_BACK, now)
                if found and self.samples.append(found):
                    self.tally.note(found, now)
        return self.asker.every_s


def _as_pushed(events: Sequence[dict[str, Any]], group: str, stream: str) -> bytes:
    """Write events as a subscription would have brought them, so that both ways give the same signals."""
    told = {"messageType": "DATA_MESSAGE", "logGroup": group, "logStream": stream, "logEvents": events}
    return orjson.dumps(told)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
