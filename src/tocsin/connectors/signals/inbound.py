"""Reads posted signals: bytes in, one raw line a record out, and what was refused and why."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any

from tocsin.connectors.gunzip import gunzip, is_gzip
from tocsin.connectors.instant import event_instant
from tocsin.connectors.parsed import Convert, Parsed
from tocsin.connectors.refusal import BodyTooLarge, BrokenGzip, NotJson, Refusals, Refused, WrongContentType
from tocsin.connectors.splitting import (
    BOM,
    UTF16_BOMS,
    LineRefused,
    are_single_records,
    decoded,
    records_in,
    records_on,
    starts_document,
)
from tocsin.domain.signal import Signal

MAX_DECODED_BYTES = 200_000_000

MOST_RECORDS = 2_000_000
"""Of one body of lines; each costs some 50 bytes more than its text, however short it is."""

TIME_FIELDS = (
    "eventTime",
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "UtcTime",
    "TimeCreated",
    "TimeCreated_SystemTime",
    "EventTime",
    "event_time",
    "datetime",
    "date",
    "TimeGenerated",
    "published",
    "created_at",
    "createdDateTime",
    "_time",
)
"""Where sources write the event's time, first found first used. `EventTime` (NXLog) is local time without a
zone, therefore it comes after the fields of the same records that are UTC."""

MOST_CONVERTED_BYTES = 2 * MAX_DECODED_BYTES
"""Of the signals made of one body; a format may hold more compressed text inside."""

_LINES_AT_ONCE = 64
"""Are looked at together: enough to cost little each, few enough to stay in the CPU's cache."""

_LAYERS = 2
"""A .gz file posted with `Content-Encoding: gzip` is compressed twice."""


def read_signals(body: bytes, *, content_encoding: str = "", max_decoded: int = MAX_DECODED_BYTES) -> Parsed:
    """Read NDJSON, a JSON array, `{"Records": [...]}` or one JSON object, plain or gzip, as it came.

    A line or record that is no JSON object is refused alone. A gzip that ends early or is damaged, and a
    document that does not hold together, are refused whole, as received: half a body is never taken.
    Raises `BodyTooLarge` (413) over `max_decoded` bytes or `MOST_RECORDS` lines, `WrongContentType` (415).
    """
    text = unpacked(body, content_encoding=content_encoding, max_decoded=max_decoded)
    return text if isinstance(text, Parsed) else read_text(text, as_received=body)


def read_plain(text: bytes) -> Parsed:
    """Read a whole plain text without BOM, every record as it came."""
    return read_text(text, as_received=text)


def unpacked(body: bytes, *, content_encoding: str, max_decoded: int) -> bytes | Parsed:
    """Return the plain text of a body without its BOM, or the refusal of a body that cannot be unpacked.

    Raises `BodyTooLarge` (413) over `max_decoded` bytes and `WrongContentType` (415).
    """
    if content_encoding.strip().lower() not in ("", "identity", "gzip", "x-gzip"):
        raise WrongContentType("The Content-Encoding can be gzip or identity, nothing else.")
    text = body
    try:
        for _ in range(_LAYERS):
            if not is_gzip(text):
                break
            text = gunzip(text, limit=max_decoded)
    except BrokenGzip as broken:
        return Parsed((), (Refused(body, broken.happened),))
    if text.startswith(UTF16_BOMS):
        return Parsed((), (Refused(body, "The body is UTF-16; send UTF-8."),))
    return text.removeprefix(BOM)


def read_text(text: bytes, *, as_received: bytes, convert: Convert | None = None) -> Parsed:
    """Read a whole plain text without BOM; `convert` makes signals of each record of its shape.

    What is damaged as a document is still read as lines if most of its lines are records.
    """
    if not starts_document(*_first_two(text)):
        return _read_lines(text, convert)
    try:
        return _checked(records_in(text), convert)
    except NotJson as refusal:
        by_line = _read_lines(text, convert)
        if len(by_line.lines) > len(by_line.refused):
            return by_line
        return Parsed((), (Refused(as_received, refusal.happened),))


def signal_of(line: bytes, source: str, position: int, received_at: datetime) -> Signal:
    """Make a signal of one line; its time is the first readable one of `TIME_FIELDS`, else `received_at`.

    Raises `NotJson` for a line that `read_signals` would not have returned.
    """
    try:
        record = decoded(line)
    except LineRefused as refusal:
        raise NotJson(f"The signal at {position} of {source} is {refusal}.") from refusal
    return Signal(
        raw=line, record=record, time=event_time(record) or received_at, source=source, position=position
    )


def event_time(record: dict[str, Any]) -> datetime | None:
    """Return when the event happened by its own account, None if it does not say."""
    for name in TIME_FIELDS:
        value = record.get(name)
        if value is not None:
            found = event_instant(value)
            if found is not None:
                return found
    return None


def _first_two(text: bytes) -> tuple[bytes, bytes | None]:
    """Return the first two lines that are not blank."""
    filled = (stripped for line in BytesIO(text) if (stripped := line.strip()))
    return next(filled, b""), next(filled, None)


class _Taken:
    """What was taken of a body so far, and what was refused."""

    def __init__(self, convert: Convert | None) -> None:
        self._convert = convert
        self._good: list[bytes] = []
        self._size = 0
        self._refusals = Refusals(b"\n".join)

    def __len__(self) -> int:
        return len(self._good) + len(self._refusals)

    def take_as_they_are(self, raws: list[bytes]) -> None:
        """Take records that are known to be ones, where nothing converts them."""
        self._good += raws

    def take(self, raw: bytes, record: dict[str, Any], *place: object) -> None:
        """Take one record, converted if it is of the converter's shape; `place` tells where it lay."""
        try:
            made = self._convert(raw, record) if self._convert else None
        except LineRefused as refusal:
            self._refusals.add(raw, f"{' '.join(map(str, place))} is {refusal}")
            return
        if made is None:
            self._good.append(raw)
            return
        self._good += made.lines
        self._size += sum(map(len, made.lines))
        if self._size > MOST_CONVERTED_BYTES:
            raise BodyTooLarge(f"The body holds more than {MOST_CONVERTED_BYTES} bytes of signals.")
        for part in made.refused:
            self._refusals.add(part.body, f"{' '.join(map(str, place))}: {part.reason}")

    def take_all(self, records: tuple[bytes, ...], *place: object) -> None:
        """Take the records that are JSON objects and refuse the others by number."""
        for number, raw in enumerate(records, 1):
            try:
                self.take(raw, decoded(raw), *place, "record", number)
            except LineRefused as refusal:
                where = " ".join(map(str, (*place, "record", number)))
                self._refusals.add(raw, f"{where} is {refusal}")

    def refuse(self, part: bytes, reason: str) -> None:
        self._refusals.add(part, reason)

    def parsed(self) -> Parsed:
        return Parsed(tuple(self._good), self._refusals.all())


def _checked(records: tuple[bytes, ...], convert: Convert | None) -> Parsed:
    taken = _Taken(convert)
    taken.take_all(records)
    return taken.parsed()


def _read_lines(text: bytes, convert: Convert | None) -> Parsed:
    """Read one record a line; blank lines count for the numbers only."""
    taken = _Taken(convert)
    file, number = BytesIO(text), 1
    while lines := list(islice(file, _LINES_AT_ONCE)):
        filled = [stripped for line in lines if (stripped := line.strip())]
        if convert is None and len(taken) + len(filled) <= MOST_RECORDS and are_single_records(filled):
            taken.take_as_they_are(filled)
        else:
            _read_each_line(taken, lines, number)
        number += len(lines)
    return taken.parsed()


def _read_each_line(taken: _Taken, lines: list[bytes], first: int) -> None:
    for number, line in enumerate(lines, first):
        stripped = line.strip()
        if not stripped:
            continue
        if len(taken) >= MOST_RECORDS:
            raise BodyTooLarge(f"The body has more than {MOST_RECORDS} records.")
        try:
            record, bundle = records_on(stripped)
        except LineRefused as refusal:
            taken.refuse(stripped, f"line {number} is {refusal}")
            continue
        if bundle is None:
            taken.take(stripped, record, "line", number)
        else:
            taken.take_all(bundle, "line", f"{number},")
