"""Cuts JSON objects apart without losing a byte of their values, and marks them for the rules they fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import orjson

from tocsin.connectors.parsed import Convert, Parsed
from tocsin.connectors.refusal import Refusals, detail_of
from tocsin.connectors.splitting import LineRefused, decoded, on_one_line

NATIVE = "native_"
"""Before the name of a record's own field whose name we need to tell its log source."""


def members(raw: bytes) -> dict[str, bytes]:
    """Return the bytes of each member of a JSON object. Raises `LineRefused` for none, or a too deep one."""
    try:
        found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise LineRefused(f"not a JSON object that can be cut apart: {detail_of(error)}") from error
    return {name: bytes(value) for name, value in found.items()}


def elements(raw: bytes) -> tuple[bytes, ...]:
    """Return the bytes of each element of a JSON array, each on one line. Raises as `members` does."""
    try:
        found = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise LineRefused(f"not a JSON array that can be cut apart: {detail_of(error)}") from error
    return tuple(on_one_line(bytes(value)) for value in found)


def marked(raw: bytes, record: Mapping[str, Any], marks: Mapping[str, Any]) -> bytes:
    """Return the record with our marks before its own fields, whose bytes stay as they came.

    A mark of None is left out. A field of the record with a mark's name and another value is kept under
    `native_NAME`. `raw` has to be one line.
    """
    ours = {name: value for name, value in marks.items() if value is not None}
    if not ours:
        return raw
    if ours.keys() & record.keys():
        own = members(raw)
        renamed = {
            (NATIVE + name if name in ours else name): value
            for name, value in own.items()
            if name not in ours or record[name] != ours[name]
        }
        inside = b",".join(orjson.dumps(name) + b":" + value for name, value in renamed.items())
    else:
        inside = raw.strip()[1:-1].strip()
    return orjson.dumps(ours)[:-1] + (b"," + inside if inside else b"") + b"}"


def each(raws: Iterable[bytes], convert: Convert) -> Parsed:
    """Convert the records that lay in one wrapping; what is none, or of another shape, is refused alone."""
    lines: list[bytes] = []
    refusals = Refusals(b"\n".join)
    for number, raw in enumerate(raws, 1):
        try:
            made = convert(raw, decoded(raw))
        except LineRefused as refusal:
            refusals.add(raw, f"element {number} is {refusal}")
            continue
        if made is None:
            refusals.add(raw, f"element {number} has another shape than the others")
            continue
        lines += made.lines
        for part in made.refused:
            refusals.add(part.body, f"element {number}: {part.reason}")
    return Parsed(tuple(lines), refusals.all())


def listed(raw: bytes, record: Mapping[str, Any], names: Iterable[str], convert: Convert) -> Parsed | None:
    """Convert what the first of these members that is a list holds; None if none of them is one."""
    for name in names:
        if type(record.get(name)) is list:
            return each(elements(members(raw)[name]), convert)
    return None


def sample_of(record: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Any]:
    """Return the first object of what `listed` would convert, or the record itself where there is none."""
    for name in names:
        found = record.get(name)
        if type(found) is list:
            return found[0] if found and type(found[0]) is dict else record
    return record


def one(raw: bytes, record: Mapping[str, Any], marks: Mapping[str, Any]) -> Parsed:
    """Return the one signal that a marked record makes."""
    return Parsed((marked(raw, record, marks),))
