"""Streams signals out of files for the hunt; a file of lines is never held in memory as a whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from tocsin.connectors.gunzip import gunzipped, is_gzip
from tocsin.connectors.refusal import BodyRefused, NotJson, detail_of
from tocsin.connectors.signals.inbound import event_time
from tocsin.connectors.signals.splitting import (
    BOM,
    UTF16_BOMS,
    LineRefused,
    bundled,
    decoded,
    is_bundle,
    is_object,
    lines_of,
    records_in,
    starts_document,
)
from tocsin.domain.signal import Signal

LONGEST_LINE_BYTES = 512_000_000
"""Also the bound of a JSON document, which has to be held as a whole."""

STDIN = Path("-")

_CHUNK = 1 << 20
_NO_LIMIT = 1 << 62
"""A stream that is used up as it comes cannot fill the memory; its lines are bounded instead."""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One part of a file that gave no signal: where it is (line 0: the file as a whole) and why.

    `is_unread` tells that the file, or what follows in it, could not be read at all; else it was looked at.
    """

    path: Path
    line: int
    reason: str
    is_unread: bool = False


Collector = Callable[[RefusedLine], None]


def read_file(path: Path, *, undated: datetime, refuse: Collector, source: str = "") -> Iterator[Signal]:
    """Yield the signals of one file: NDJSON, JSON array, CloudTrail `Records` or one object, plain or gzip.

    The path `STDIN` is the standard input.

    `undated` is the time of a record that names none. The source is the file's name unless given; the
    position is the line number, plus the records that earlier lines held beyond one each. What cannot be read
    goes to `refuse`; a broken gzip or an unreadable file is told the same way, after what came before it.
    """
    shelf = _Reading(path, source or path.name, undated, refuse)
    try:
        with _opened(path) as opened:
            yield from shelf.signals(opened)
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or detail_of(error)}"
        refuse(RefusedLine(path, 0, reason, is_unread=True))
    except BodyRefused as refusal:
        refuse(RefusedLine(path, 0, refusal.happened, is_unread=True))


@dataclass(slots=True)
class _Reading:
    """One file being read."""

    path: Path
    source: str
    undated: datetime
    refuse: Collector

    def signals(self, opened: BinaryIO) -> Iterator[Signal]:
        chunks = _plain_chunks(opened)
        first = next(chunks, b"")
        if first.startswith(UTF16_BOMS):
            self.refuse(RefusedLine(self.path, 0, "the file is UTF-16; convert it to UTF-8"))
            return
        lines = lines_of(chain((first.removeprefix(BOM),), chunks), longest=LONGEST_LINE_BYTES)
        begin, filled = _first_filled(lines)
        if starts_document(filled[0], filled[1] if len(filled) > 1 else None):
            yield from self._document(chain(begin, lines))
        else:
            yield from self._lines(chain(begin, lines))

    def _lines(self, lines: Iterable[bytes]) -> Iterator[Signal]:
        extra = 0
        for number, line in enumerate(lines, 1):
            stripped = line.strip()
            if not stripped:
                continue
            try:
                record = decoded(stripped)
                bundle = bundled(stripped) if is_bundle(record) else None
            except LineRefused as refusal:
                self.refuse(RefusedLine(self.path, number, str(refusal)))
                continue
            if bundle is None:
                yield self._signal(stripped, record, number + extra)
                continue
            yield from self._bundle(bundle, number, number + extra)
            extra += max(len(bundle) - 1, 0)

    def _bundle(self, raws: tuple[bytes, ...], number: int, position: int) -> Iterator[Signal]:
        for nth, raw in enumerate(raws):
            try:
                yield self._signal(raw, decoded(raw), position + nth)
            except LineRefused as refusal:
                self.refuse(RefusedLine(self.path, number, f"record {nth + 1} is {refusal}"))

    def _document(self, lines: Iterator[bytes]) -> Iterator[Signal]:
        """Read one JSON document; what is none after all, but has lines that are records, goes by lines."""
        held: list[bytes] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line) + 1
            if size > LONGEST_LINE_BYTES:
                yield from self._too_long(held, lines)
                return
        text = b"\n".join(held)
        held.clear()
        try:
            raws = records_in(text)
        except NotJson as refusal:
            if any(is_object(line.strip()) for line in BytesIO(text)):
                yield from self._lines(BytesIO(text))
            else:
                self.refuse(RefusedLine(self.path, 0, refusal.happened))
            return
        for position, raw in enumerate(raws, 1):
            try:
                yield self._signal(raw, decoded(raw), position)
            except LineRefused as refusal:
                self.refuse(RefusedLine(self.path, 0, f"record {position} is {refusal}"))

    def _too_long(self, held: list[bytes], rest: Iterator[bytes]) -> Iterator[Signal]:
        if any(is_object(line.strip()) for line in held):
            yield from self._lines(chain(held, rest))
        else:
            reason = f"the document is longer than {LONGEST_LINE_BYTES} bytes"
            self.refuse(RefusedLine(self.path, 0, reason, is_unread=True))

    def _signal(self, raw: bytes, record: dict[str, Any], position: int) -> Signal:
        return Signal(
            raw=raw,
            record=record,
            time=event_time(record) or self.undated,
            source=self.source,
            position=position,
        )


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if path == STDIN else path.open("rb")


def _plain_chunks(opened: BinaryIO) -> Iterator[bytes]:
    """Yield the file's bytes, decompressed if they are gzip."""
    first = opened.read(_CHUNK)
    chunks = chain((first,), iter(lambda: opened.read(_CHUNK), b""))
    return gunzipped(chunks, limit=_NO_LIMIT) if is_gzip(first) else chunks


def _first_filled(lines: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Take lines until two are not blank; return all taken, and those not blank, stripped (at least one)."""
    taken: list[bytes] = []
    filled: list[bytes] = []
    for line in lines:
        taken.append(line)
        if line.strip():
            filled.append(line.strip())
        if len(filled) == 2:
            break
    return taken, filled or [b""]
