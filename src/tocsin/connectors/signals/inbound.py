"""Reads posted signals: bytes in, one raw line a record out, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from tocsin.connectors.gunzip import gunzip, is_gzip
from tocsin.connectors.instant import event_instant
from tocsin.connectors.refusal import BodyTooLarge, BrokenGzip, NotJson, Refusals, Refused, WrongContentType
from tocsin.connectors.signals.splitting import (
    BOM,
    UTF16_BOMS,
    LineRefused,
    bundled,
    decoded,
    is_bundle,
    records_in,
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

_LAYERS = 2
"""A .gz file posted with `Content-Encoding: gzip` is compressed twice."""


@dataclass(frozen=True, slots=True)
class ReadSignals:
    """The records of a body, each its own raw bytes on one line, and what was refused."""

    lines: tuple[bytes, ...]
    refused: tuple[Refused, ...]


def read_signals(
    body: bytes, *, content_encoding: str = "", max_decoded: int = MAX_DECODED_BYTES
) -> ReadSignals:
    """Read NDJSON, a JSON array, `{"Records": [...]}` or one JSON object, plain or gzip.

    A line or record that is no JSON object is refused alone. A gzip that ends early or is damaged, and a
    document that does not hold together, are refused whole, as received: half a body is never taken.
    Raises `BodyTooLarge` (413) over `max_decoded` bytes or `MOST_RECORDS` lines, `WrongContentType` (415).
    """
    if content_encoding.strip().lower() not in ("", "identity", "gzip", "x-gzip"):
        raise WrongContentType("The Content-Encoding can be gzip or identity, nothing else.")
    try:
        text = _unpacked(body, max_decoded)
    except BrokenGzip as broken:
        return ReadSignals((), (Refused(body, broken.happened),))
    if text.startswith(UTF16_BOMS):
        return ReadSignals((), (Refused(body, "The body is UTF-16; send UTF-8."),))
    return read_text(text.removeprefix(BOM), as_received=body)


def read_text(text: bytes, *, as_received: bytes) -> ReadSignals:
    """Read a whole plain text without BOM.

    What is damaged as a document is still read as lines if most of its lines are records.
    """
    if not starts_document(*_first_two(text)):
        return _read_lines(text)
    try:
        return _checked(records_in(text))
    except NotJson as refusal:
        by_line = _read_lines(text)
        if len(by_line.lines) > len(by_line.refused):
            return by_line
        return ReadSignals((), (Refused(as_received, refusal.happened),))


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


def _unpacked(body: bytes, max_decoded: int) -> bytes:
    for _ in range(_LAYERS):
        if not is_gzip(body):
            break
        body = gunzip(body, limit=max_decoded)
    return body


def _first_two(text: bytes) -> tuple[bytes, bytes | None]:
    """Return the first two lines that are not blank."""
    filled = (stripped for line in BytesIO(text) if (stripped := line.strip()))
    return next(filled, b""), next(filled, None)


def _checked(records: tuple[bytes, ...]) -> ReadSignals:
    """Keep the records that are JSON objects and refuse the others by number."""
    good: list[bytes] = []
    refusals = Refusals(b"\n".join)
    for number, raw in enumerate(records, 1):
        try:
            decoded(raw)
        except LineRefused as refusal:
            refusals.add(raw, f"record {number} is {refusal}")
        else:
            good.append(raw)
    return ReadSignals(tuple(good), refusals.all())


def _read_lines(text: bytes) -> ReadSignals:
    """Read one record a line; blank lines count for the numbers only."""
    good: list[bytes] = []
    refusals = Refusals(b"\n".join)
    for number, line in enumerate(BytesIO(text), 1):
        stripped = line.strip()
        if not stripped:
            continue
        if len(good) + len(refusals) >= MOST_RECORDS:
            raise BodyTooLarge(f"The body has more than {MOST_RECORDS} records.")
        try:
            record = decoded(stripped)
            bundle = bundled(stripped) if is_bundle(record) else None
        except LineRefused as refusal:
            refusals.add(stripped, f"line {number} is {refusal}")
            continue
        if bundle is None:
            good.append(stripped)
            continue
        inner = _checked(bundle)
        good += inner.lines
        for part in inner.refused:
            refusals.add(part.body, f"line {number}, {part.reason}")
    return ReadSignals(tuple(good), refusals.all())
