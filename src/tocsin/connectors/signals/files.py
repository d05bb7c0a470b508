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
from tocsin.connectors.manifest import Format
from tocsin.connectors.parsed import Convert
from tocsin.connectors.refusal import BodyRefused, BodyTooLarge, NotJson, Refused, detail_of
from tocsin.connectors.signals.formats import (
    JSON,
    converter,
    demand_format,
    parse,
    recognise_opening,
    recognise_record,
    streamer,
    strict_converter,
)
from tocsin.connectors.signals.inbound import event_time
from tocsin.connectors.splitting import (
    BOM,
    UTF16_BOMS,
    LineRefused,
    decoded,
    is_object,
    lines_of,
    records_in,
    records_on,
    starts_document,
)
from tocsin.domain.signal import Signal

LONGEST_LINE_BYTES = 512_000_000
"""Also the bound of a JSON document, which has to be held as a whole."""

STDIN = Path("-")

_CHUNK = 1 << 20
_OPENING = 4096
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
_Records = tuple[tuple[bytes, dict[str, Any]], ...]


def read_file(
    path: Path, *, undated: datetime, refuse: Collector, source: str = "", form: str = ""
) -> Iterator[Signal]:
    """Yield the signals of one file, plain or gzip, of the format named `form`, or else as it is recognised.

    What no format is recognised in is NDJSON, a JSON array, CloudTrail's `Records` or one object. The path
    `STDIN` is the standard input. Raises `UnknownFormat` for a `form` that there is not.

    `undated` is the time of a record that names none. The source is the file's name unless given; the
    position is the line number, plus the records that earlier lines held beyond one each. What cannot be read
    goes to `refuse`; a broken gzip or an unreadable file is told the same way, after what came before it.
    """
    shelf = _Reading(path, source or path.name, undated, refuse, demand_format(form) if form else None)
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
    named: Format | None
    convert: Convert | None = None
    has_begun: bool = False

    def signals(self, opened: BinaryIO) -> Iterator[Signal]:
        chunks, is_packed = _plain_chunks(opened)
        first = next(chunks, b"")
        if first.startswith(UTF16_BOMS):
            self.refuse(RefusedLine(self.path, 0, "the file is UTF-16; convert it to UTF-8"))
            return
        opening = recognise_opening(first[:_OPENING].removeprefix(BOM).lstrip())
        found = self.named or (demand_format(opening) if opening else None)
        if found is not None and not found.record and found.name != JSON:
            yield from self._whole(found, None if is_packed else opened, chain((first,), chunks))
            return
        self.convert = strict_converter(found) if found is not None and found.record else None
        self.has_begun = found is not None
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
                record, bundle = records_on(stripped)
            except LineRefused as refusal:
                self.refuse(RefusedLine(self.path, number, str(refusal)))
                continue
            if bundle is None and self.has_begun and self.convert is None:
                yield self._signal(stripped, record, number + extra)
                continue
            place = number + extra
            for nth, raw in enumerate((stripped,) if bundle is None else bundle, 1):
                made = self._made(raw, number, "" if bundle is None else f"record {nth} is ")
                yield from self._signals(made, place)
                place += max(len(made), 1)
            extra = max(place - 1 - number, extra)

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
        position = 1
        for number, raw in enumerate(raws, 1):
            made = self._made(raw, 0, f"record {number} is ")
            yield from self._signals(made, position)
            position += max(len(made), 1)

    def _made(self, raw: bytes, line: int, place: str = "") -> _Records:
        """Return the records that one JSON object makes; the first object tells the format of the file."""
        try:
            record = decoded(raw)
            if not self.has_begun:
                self.has_begun = True
                name = recognise_record(record)
                self.convert = converter(demand_format(name)) if name else None
            made = self.convert(raw, record) if self.convert else None
        except LineRefused as refusal:
            self.refuse(RefusedLine(self.path, line, f"{place}{refusal}"))
            return ()
        if made is None:
            return ((raw, record),)
        for part in made.refused:
            self.refuse(RefusedLine(self.path, line, f"{place}{part.reason}"))
        return tuple((inner, decoded(inner)) for inner in made.lines)

    def _signals(self, made: _Records, position: int) -> Iterator[Signal]:
        for nth, (raw, record) in enumerate(made):
            yield self._signal(raw, record, position + nth)

    def _whole(self, found: Format, plain: BinaryIO | None, chunks: Iterator[bytes]) -> Iterator[Signal]:
        """Read a file that is no lines of JSON; one that is packed, or a pipe, is held in memory for it."""
        parts: Iterable[bytes | Refused]
        if not found.stream:
            parsed = parse(found.name, _held(chunks).removeprefix(BOM))
            parts = chain(parsed.lines, parsed.refused)
        elif plain is not None and plain.seekable():
            plain.seek(0)
            parts = streamer(found)(plain)
        else:
            parts = streamer(found)(BytesIO(_held(chunks)))
        for position, part in enumerate(parts, 1):
            if isinstance(part, Refused):
                self.refuse(RefusedLine(self.path, 0, part.reason))
            else:
                yield self._signal(part, decoded(part), position)

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


def _plain_chunks(opened: BinaryIO) -> tuple[Iterator[bytes], bool]:
    """Return the file's bytes, decompressed if they are gzip, and whether they are."""
    first = opened.read(_CHUNK)
    chunks = chain((first,), iter(lambda: opened.read(_CHUNK), b""))
    return (gunzipped(chunks, limit=_NO_LIMIT), True) if is_gzip(first) else (chunks, False)


def _held(chunks: Iterable[bytes]) -> bytes:
    """Hold a whole file. Raises `BodyTooLarge` above `LONGEST_LINE_BYTES`."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > LONGEST_LINE_BYTES:
            raise BodyTooLarge(f"The file is longer than {LONGEST_LINE_BYTES} bytes.")
    return b"".join(held)


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
