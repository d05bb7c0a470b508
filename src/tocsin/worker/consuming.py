"""Reads Kafka into the lake: a partition's offset is kept with its signals, so that none is judged twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tocsin.connectors.kafka.setup import client_options
from tocsin.connectors.refusal import Refused
from tocsin.connectors.signals.formats import read
from tocsin.domain.errors import Explained, Overloaded
from tocsin.worker.pouring import Batch, Pouring

KAFKA = "kafka"
MESSAGES_AT_ONCE = 2000
WITHIN_S = 0.5

Offsets = Mapping[tuple[str, int], int]


class Message(Protocol):
    """One message as a reader hands it over."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def body(self) -> bytes | None: ...


class Reader(Protocol):
    """What is asked of Kafka's client."""

    def fetch(self, limit: int, within_s: float) -> Sequence[Message]: ...
    def rewind(self, offsets: Offsets) -> None: ...
    def commit(self, offsets: Offsets) -> None: ...
    def close(self) -> None: ...


MakeReader = Callable[[Mapping[str, str], Sequence[str], Callable[[str, int], int | None]], Reader]


@dataclass(slots=True)
class Consuming:
    """One round pours the messages that are there, partition by partition, and then tells Kafka."""

    pouring: Pouring
    values: Mapping[str, str]
    sources: Mapping[str, str]
    make_reader: MakeReader
    max_decoded: int
    _reader: Reader | None = field(default=None)

    def round(self) -> float:
        """Read once; asks to be called again at once, for waiting is done by Kafka's client."""
        if self._reader is None:
            self._reader = self.make_reader(client_options(self.values), list(self.sources), self._start_at)
        fetched: dict[tuple[str, int], list[Message]] = {}
        for message in self._fetched(self._reader):
            fetched.setdefault((message.topic, message.partition), []).append(message)
        poured: dict[tuple[str, int], int] = {}
        try:
            for place, messages in fetched.items():
                self._pour(place, messages)
                poured[place] = messages[-1].offset + 1
        except Overloaded:
            # The client has gone on in its own mind; what was not kept must be fetched again.
            self._reader.rewind({place: fetched[place][0].offset for place in fetched.keys() - poured.keys()})
            raise
        if poured:
            self._reader.commit(poured)
        return 0.0

    def _fetched(self, reader: Reader) -> Sequence[Message]:
        try:
            return reader.fetch(MESSAGES_AT_ONCE, WITHIN_S)
        except Explained:
            # Perhaps a partition was given to us while we could not look where it starts: begin anew.
            self.close()
            raise

    def close(self) -> None:
        """Leave the group."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _pour(self, place: tuple[str, int], messages: Sequence[Message]) -> None:
        source = self.sources[place[0]]
        lines: list[bytes] = []
        refused: list[Refused] = []
        for message in messages:
            if message.body:
                good, bad = self._signals(message.body)
                lines += good
                refused += bad
        name = _name(*place)
        marks = {name: str(messages[-1].offset + 1).encode()}
        self.pouring.pour(
            Batch(kind=KAFKA, key=name, source=source, lines=lines, marks=marks, refused=refused)
        )

    def _signals(self, body: bytes) -> tuple[Sequence[bytes], Sequence[Refused]]:
        try:
            parsed = read(body, max_decoded=self.max_decoded)
        except Explained as fault:
            return (), (Refused(body, fault.happened),)
        return parsed.lines, parsed.refused

    def _start_at(self, topic: str, partition: int) -> int | None:
        """Return where a partition that was given to us is read on: after what lies in the lake."""
        name = _name(topic, partition)
        self.pouring.recover(KAFKA, name)
        with self.pouring.store.reading() as shelves:
            kept = shelves.marks.of(KAFKA, [name]).get(name)
        return None if kept is None else int(kept)


def _name(topic: str, partition: int) -> str:
    return f"{topic}/{partition}"
