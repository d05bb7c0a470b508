"""Every format in which signals may come: which there are, which one a body is in, and its parser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from typing import Any, BinaryIO

from tocsin.connectors.catalogue import load, manifests
from tocsin.connectors.manifest import Format
from tocsin.connectors.parsed import Convert, Parsed, Shape
from tocsin.connectors.refusal import BodyTooLarge, ExtraMissing, NotJson, Refusals, Refused, UnknownFormat
from tocsin.connectors.signals import inbound
from tocsin.connectors.signals.inbound import MAX_DECODED_BYTES, read_text, unpacked
from tocsin.connectors.splitting import LineRefused, decoded, on_one_line, records_in, records_on

JSON = "json"
"""NDJSON, JSON and CloudTrail as they are; also what every body is taken for that nothing recognises."""

Stream = Callable[[BinaryIO], Iterator[bytes | Refused]]

_HEAD = 1 << 20
_ROOT = re.compile(
    rb"(?>\s|<\?[^>]{0,500}>|<!--.{0,2000}?-->|<!DOCTYPE[^>\[]{0,500}>)*+<([A-Za-z][\w.-]{0,60})", re.DOTALL
)
"""The tag of XML's first element, behind a declaration, comments and an empty document type.

The groups are atomic, so that no text makes the pattern try its comments in every combination."""
_ROOT_WITHIN = 8192
_BUNDLE = re.compile(rb'\{\s*"Records"\s*:')


def formats() -> tuple[str, ...]:
    """Return the names of all formats, in order."""
    return tuple(sorted(_by_name()))


def described() -> tuple[Format, ...]:
    """Return what each format says of itself, in the order of their names."""
    return tuple(_by_name()[name] for name in formats())


def demand_format(name: str) -> Format:
    """Return the format of this name. Raises `UnknownFormat`."""
    found = _by_name().get(name)
    if found is None:
        raise UnknownFormat(f"There is no format {name[:80]!r}; there are {', '.join(formats())}.")
    return found


def parse(name: str, body: bytes) -> Parsed:
    """Read a plain body as the format of this name; a JSON record of another shape is refused.

    Raises `UnknownFormat`; `BodyRefused` or another `Explained` when nothing of the body can be read.
    """
    found = demand_format(name)
    if found.record:
        return read_text(body, as_received=body, convert=strict_converter(found))
    if found.stream:
        return _gathered(streamer(found)(BytesIO(body)))
    parsed: Parsed = load(found.body)(body)
    return parsed


def recognise(body: bytes) -> str | None:
    """Name the format of a plain body by its first bytes or first JSON object; None: plain JSON, or unknown.

    Where records of several shapes are mixed, the first one speaks for the body.
    """
    start = len(body) - len(body.lstrip()) if body[:1].isspace() else 0
    begin = body[start : start + _ROOT_WITHIN]
    if not begin.startswith((b"{", b"[")):
        return recognise_opening(begin)
    if _BUNDLE.match(begin):
        return None
    first = _first_element(body, start) if begin.startswith(b"[") else _first_object(body, start)
    return None if first is None else recognise_record(first)


def recognise_opening(begin: bytes) -> str | None:
    """Name the format that is told by how a body begins, None if it is none of those."""
    root = _ROOT.match(begin)
    tag = root.group(1).decode() if root else None
    for found in _by_name().values():
        if begin.startswith(found.openings) or (tag and found.root == tag):
            return found.name
    return None


def recognise_record(record: dict[str, Any]) -> str | None:
    """Name the format of one JSON object, None if it has no shape that we know."""
    inner = _inside(record)
    found = record if inner is None else inner[1]
    return next((name for name, is_shape in _shapes() if is_shape(found)), None)


def read(
    body: bytes, *, content_encoding: str = "", max_decoded: int = MAX_DECODED_BYTES, form: str = ""
) -> Parsed:
    """Read a posted body, plain or gzip, as the format named `form`, or as the one it is recognised to be.

    When it was recognised, records of other shapes are kept as they came. Raises as `parse` and
    `read_signals` do, and `UnknownFormat` for a format that is not to be posted.
    """
    if form:
        demand_format(form)
    text = unpacked(body, content_encoding=content_encoding, max_decoded=max_decoded)
    if isinstance(text, Parsed):
        return text
    name = form or recognise(text) or JSON
    found = demand_format(name)
    if found.files_only:
        raise UnknownFormat(f"The format {name} is read from files alone: hunt it with `tocsin hunt`.")
    if found.record and not form:
        return read_text(text, as_received=body, convert=converter(found))
    return parse(name, text)


def streamer(found: Format) -> Stream:
    """Return what reads a file of a format that is streamed. Raises `ExtraMissing`."""
    try:
        stream: Stream = load(found.stream)
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            f"The format {found.name} needs {error.name}: run `pip install 'tocsin[{found.extra}]'`."
        ) from error
    return stream


def converter(found: Format) -> Convert:
    """Return what makes signals of one JSON object of a format, also when SNS wrapped it."""
    convert: Convert = load(found.record)

    def opened(raw: bytes, record: dict[str, Any]) -> Parsed | None:
        inner = _inside(record)
        made = convert(raw, record) if inner is None else convert(*inner)
        return _carried(made, found.name) if made is not None and found.carries else made

    return opened


@cache
def _by_name() -> dict[str, Format]:
    return {found.name: found for manifest in manifests() for found in manifest.formats}


@cache
def _shapes() -> tuple[tuple[str, Shape], ...]:
    return tuple((found.name, load(found.shape)) for found in _by_name().values() if found.shape)


def strict_converter(found: Format) -> Convert:
    """Return the converter of a format, which refuses JSON objects of another shape."""
    convert = converter(found)

    def strict(raw: bytes, record: dict[str, Any]) -> Parsed:
        reason = f"it has not the shape of the format {found.name}"
        return convert(raw, record) or Parsed((), (Refused(raw, reason),))

    return strict


def _carried(made: Parsed, carrier: str) -> Parsed:
    """Read what one format carried as what it is recognised to be; what is of none stays as it is."""
    lines: list[bytes] = []
    refused = list(made.refused)
    for line in made.lines:
        record = decoded(line)
        name = recognise_record(record)
        again = converter(demand_format(name))(line, record) if name and name != carrier else None
        lines += again.lines if again else (line,)
        refused += again.refused if again else ()
    return Parsed(tuple(lines), tuple(refused))


def _gathered(parts: Iterator[bytes | Refused]) -> Parsed:
    good: list[bytes] = []
    refusals = Refusals(b"\n".join)
    for part in parts:
        if isinstance(part, Refused):
            refusals.add(part.body, part.reason)
        else:
            good.append(part)
        if len(good) + len(refusals) > inbound.MOST_RECORDS:
            raise BodyTooLarge(f"The body has more than {inbound.MOST_RECORDS} records.")
    return Parsed(tuple(good), refusals.all())


def _inside(record: dict[str, Any]) -> tuple[bytes, dict[str, Any]] | None:
    """Open the JSON object that Amazon SNS carries as text in `Message`, if that is what this is."""
    message = record.get("Message")
    if type(message) is not str or record.get("Type") != "Notification" or "TopicArn" not in record:
        return None
    try:
        raw = on_one_line(message.strip().encode())
        return raw, decoded(raw)
    except (LineRefused, UnicodeEncodeError):
        return None


def _first_object(text: bytes, start: int) -> dict[str, Any] | None:
    """Decode the first line if it is an object by itself, else all of the text."""
    end = text.find(b"\n", start)
    line = text[start:] if end < 0 else text[start:end]
    for whole in (line,) if end < 0 else (line, text):
        try:
            record, several = records_on(whole.strip())
            return decoded(several[0]) if several else record
        except LineRefused:
            continue
    return None


def _first_element(text: bytes, start: int) -> dict[str, Any] | None:
    """Decode the first element alone, since an array may be long; all of it if the element is long itself."""
    begin = text[start + 1 : start + _HEAD].decode("utf-8", "ignore").lstrip()
    try:
        found, _ = json.JSONDecoder().raw_decode(begin)
        return found if type(found) is dict else None
    except (ValueError, RecursionError):
        if len(text) - start <= _HEAD:
            return None
    try:
        raws = records_in(text)
        return decoded(raws[0]) if raws else None
    except (NotJson, LineRefused):
        return None
