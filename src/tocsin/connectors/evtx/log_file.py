"""Reads a Windows event log chunk by chunk, so that what is damaged costs no more than itself."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

import orjson
from evtx import PyEvtxParser

from tocsin.connectors.evtx.flat import flat
from tocsin.connectors.refusal import Refused, UnknownFormat, detail_of

MAGIC = b"ElfFile\0"
_HEADER = 4096
_CHUNK = 65_536
_CHUNK_MAGIC = b"ElfChnk\0"
_NUMBERS = struct.Struct("<QQ")
_NUMBERS_AT = 8
_OFFSET = struct.Struct("<I")
_TABLES_AT, _TABLES_END = 128, 512
"""64 lists of names and 32 of templates, each entry beginning with the place of the next one, 0 for none."""
_MOST_RECORDS_IN_A_CHUNK = _CHUNK // 24
_SHOWN = 5


def read_log(opened: BinaryIO) -> Iterator[bytes | Refused]:
    """Yield each event as one flat JSON object, and each chunk with records that could not be read.

    What is refused is a small event log of that one chunk, which any tool for such files opens; its sound
    records have been yielded. Memory is bounded by one chunk. Raises `UnknownFormat` for another file.
    Format: https://github.com/libyal/libevtx (specification of the Windows XML Event Log format).
    """
    header = opened.read(_HEADER)
    if not header.startswith(MAGIC) or len(header) < _HEADER:
        raise UnknownFormat("The file is no Windows event log, or it ends within its header.")
    while chunk := opened.read(_CHUNK):
        if chunk.strip(b"\0"):
            yield from _read_chunk(header, chunk)


def _read_chunk(header: bytes, chunk: bytes) -> Iterator[bytes | Refused]:
    alone = header + chunk.ljust(_CHUNK, b"\0")
    if _goes_in_a_circle(alone[_HEADER:]):
        yield Refused(alone, "the chunk's table of names goes in a circle")
        return
    faults: list[str] = []
    read = 0
    for found in _records(alone):
        if isinstance(found, str):
            faults.append(found)
            continue
        read += 1
        try:
            yield orjson.dumps(flat(orjson.loads(found)["Event"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            faults.append(f"a record is no event: {detail_of(error)}")
    if not faults and read < _promised(chunk):
        faults.append(f"the chunk promises {_promised(chunk)} records and has {read}")
    if faults:
        yield Refused(alone, "; ".join(faults[:_SHOWN]))


def _records(alone: bytes) -> Iterator[str | bytes]:
    """Yield each record as JSON bytes, or as text why it could not be read."""
    try:
        reading = iter(PyEvtxParser(BytesIO(alone), number_of_threads=1).records_json())
    except (OSError, RuntimeError) as error:
        yield detail_of(error)
        return
    for _ in range(_MOST_RECORDS_IN_A_CHUNK):
        found: Any
        try:
            found = next(reading)
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
            yield detail_of(error)
        else:
            yield found["data"].encode("utf-8", "surrogatepass")


def _goes_in_a_circle(chunk: bytes) -> bool:
    """Say whether a list of names or templates in a chunk never ends; it would hold the parser forever."""
    for (place,) in _OFFSET.iter_unpack(chunk[_TABLES_AT:_TABLES_END]):
        at, seen = place, set[int]()
        while 0 < at <= _CHUNK - _OFFSET.size:
            if at in seen:
                return True
            seen.add(at)
            (at,) = _OFFSET.unpack_from(chunk, at)
    return False


def _promised(chunk: bytes) -> int:
    """Return how many records a chunk says it has; none if what it says is absurd."""
    if not chunk.startswith(_CHUNK_MAGIC) or len(chunk) < _NUMBERS_AT + _NUMBERS.size:
        return 1
    first, last = _NUMBERS.unpack_from(chunk, _NUMBERS_AT)
    count: int = last - first + 1
    return count if 0 <= count <= _MOST_RECORDS_IN_A_CHUNK else 0
