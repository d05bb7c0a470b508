"""Finds the records in bytes: one JSON object a line, a JSON array, CloudTrail's `Records`, or one object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import orjson

from tocsin.connectors.refusal import BodyTooLarge, NotJson, detail_of

BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


class LineRefused(Exception):
    """These bytes are no record; the text is the reason, for people."""


def lines_of(chunks: Iterable[bytes], *, longest: int) -> Iterator[bytes]:
    """Cut a stream at its newlines. Raises `BodyTooLarge` for a line of more than `longest` bytes."""
    pieces: list[bytes] = []
    held = 0
    for chunk in chunks:
        head, newline, rest = chunk.partition(b"\n")
        pieces.append(head)
        held += len(head)
        if held > longest:
            raise BodyTooLarge(f"A line is longer than {longest} bytes.")
        if newline:
            yield b"".join(pieces)
            *whole, last = rest.split(b"\n")
            yield from whole
            pieces, held = [last], len(last)
    if held:
        yield b"".join(pieces)


def decoded(line: bytes) -> dict[str, Any]:
    """Decode one record. Raises `LineRefused` for what is no JSON object."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise LineRefused(f"not JSON: {detail_of(error)}") from error
    if type(found) is not dict:
        raise LineRefused(f"not a JSON object but {_kind_of(found)}")
    return found


def are_single_records(lines: Iterable[bytes]) -> bool:
    """Say quickly whether `records_on` would find each of these lines to be one record by itself."""
    try:
        return not any(type(found) is not dict or is_bundle(found) for found in map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        return False


def is_bundle(record: dict[str, Any]) -> bool:
    """Say whether an object is only a wrapping around `Records`, as CloudTrail and S3 write it."""
    return len(record) == 1 and type(record.get("Records")) is list


def starts_document(first: bytes, second: bytes | None) -> bool:
    """Say, from the first two lines that are not blank, whether they begin one JSON document.

    An array is one. An object that does not end on its first line is one, unless the second line is a whole
    object by itself: then it is NDJSON whose first line is damaged.
    """
    if first.startswith(b"["):
        return True
    if not first.startswith(b"{") or is_object(first) or (second is not None and is_object(second)):
        return False
    return not is_row(first)


def records_in(document: bytes) -> tuple[bytes, ...]:
    """Return the raw bytes of each record of one JSON document, each on one line; they are not checked yet.

    Raises `NotJson` when the document does not hold together.
    """
    stripped = document.strip()
    if stripped.startswith(b"["):
        return tuple(on_one_line(raw) for raw in _elements(stripped))
    try:
        record = decoded(stripped)
        return bundled(stripped) if is_bundle(record) else (on_one_line(stripped),)
    except LineRefused as refusal:
        raise NotJson(f"The body is {refusal}.") from refusal


def bundled(bundle: bytes) -> tuple[bytes, ...]:
    """Return the raw bytes of each of the `Records` of a bundle.

    Raises `LineRefused` when it nests deeper than msgspec follows (Python's recursion limit).
    """
    try:
        array = msgspec.json.decode(bundle, type=dict[str, msgspec.Raw])["Records"]
        raws = msgspec.json.decode(array, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise LineRefused(f"too deeply nested: {detail_of(error)}") from error
    return tuple(on_one_line(bytes(raw)) for raw in raws)


def on_one_line(raw: bytes) -> bytes:
    """Return the record as received when it is one line; else without the white space between its tokens."""
    if b"\n" not in raw and b"\r" not in raw:
        return raw
    try:
        return msgspec.json.format(raw, indent=-1)
    except (msgspec.MsgspecError, RecursionError):
        return b" ".join(raw.split())


def _elements(array: bytes) -> list[bytes]:
    """Cut an array into its elements' bytes, quickly; element by element if one of them has a fault."""
    try:
        return [bytes(raw) for raw in msgspec.json.decode(array, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError):
        return list(_elements_slowly(array))


def _elements_slowly(array: bytes) -> Iterator[bytes]:
    """Cut an array by Python's own decoder, which lets through NaN and half surrogates.

    One such value then costs one record, not the whole array. Undecodable bytes survive the round trip.
    """
    text = array.decode("utf-8", "surrogateescape")
    decoder = json.JSONDecoder()
    place = _after_space(text, 1)
    try:
        while text[place : place + 1] != "]":
            _, end = decoder.raw_decode(text, place)
            yield text[place:end].encode("utf-8", "surrogateescape")
            place = _after_space(text, end)
            if text[place : place + 1] == ",":
                place = _after_space(text, place + 1)
            elif text[place : place + 1] != "]":
                raise NotJson(f"The array breaks off or breaks apart at character {place}.")
    except (ValueError, RecursionError) as error:
        raise NotJson(f"The array is not JSON: {detail_of(error)}.") from error
    if _after_space(text, place + 1) != len(text):
        raise NotJson("Something follows the end of the array.")


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def is_object(line: bytes) -> bool:
    """Say whether a line is a whole JSON object by itself."""
    try:
        decoded(line)
    except LineRefused:
        return False
    return True


def row_of(line: bytes) -> tuple[bytes, ...]:
    """Cut JSON objects that follow each other on one line, as Amazon Data Firehose writes them.

    Raises `LineRefused` unless the line is wholly that. Undecodable bytes survive the round trip.
    """
    text = line.decode("utf-8", "surrogateescape")
    decoder = json.JSONDecoder()
    found: list[bytes] = []
    place = 0
    try:
        while place < len(text):
            value, end = decoder.raw_decode(text, place)
            if type(value) is not dict:
                raise LineRefused(f"not a row of JSON objects: one is {_kind_of(value)}")
            found.append(text[place:end].encode("utf-8", "surrogateescape"))
            place = _after_space(text, end)
    except (ValueError, RecursionError) as error:
        raise LineRefused(f"not JSON: {detail_of(error)}") from error
    return tuple(found)


def records_on(line: bytes) -> tuple[dict[str, Any], tuple[bytes, ...] | None]:
    """Decode one line: an object and None, or what a bundle or a row holds, each as bytes.

    Raises `LineRefused` for what is neither.
    """
    try:
        record = decoded(line)
    except LineRefused:
        if line.startswith(b"{") and is_row(line):
            return {}, row_of(line)
        raise
    return record, bundled(line) if is_bundle(record) else None


def is_row(line: bytes) -> bool:
    """Say whether a line is several JSON objects that follow each other."""
    try:
        return len(row_of(line)) > 1
    except LineRefused:
        return False


def _kind_of(found: object) -> str:
    if found is None:
        return "null"
    return {bool: "a boolean", str: "a text", list: "a list"}.get(type(found), "a number")
