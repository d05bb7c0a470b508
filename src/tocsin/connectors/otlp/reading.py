"""Reads an OTLP request out of a body, protobuf or JSON, within bounds."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError, Message

from tocsin.connectors.gunzip import gunzip
from tocsin.connectors.refusal import BodyTooLarge, WrongContentType, detail_of
from tocsin.domain.errors import Explained

LARGEST_BYTES = 20 * 1024 * 1024
"""What the OpenTelemetry Collector takes at most, too; empty records of 2 bytes grow 50-fold in memory."""

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_IDS = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})
_ID_BYTES = (0, 8, 16)

Request = TypeVar("Request", bound=Message)


class OtlpUnreadable(Explained):
    """A body is no OTLP request of the kind that its address takes (HTTP 400)."""

    code: ClassVar[str] = "otlp_unreadable"
    status: ClassVar[int] = 400

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="Nothing of this request was kept.",
            next_step="Send logs to /v1/logs, spans to /v1/traces and metrics to /v1/metrics, as OTLP/HTTP.",
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """How many records of a request were not taken, and why the first was not."""

    count: int = 0
    reason: str = ""

    def and_one(self, reason: str, count: int = 1) -> Rejected:
        """Return the same with so many more."""
        return Rejected(self.count + count, self.reason or reason)


def media_type_of(content_type: str) -> str:
    """Return `PROTOBUF` or `JSON`. Raises `WrongContentType` (415) for anything else."""
    found = content_type.partition(";")[0].strip().lower()
    if found not in (PROTOBUF, JSON):
        raise WrongContentType(f"The Content-Type can be {PROTOBUF} or {JSON}, nothing else.")
    return found


def read_request(
    body: bytes, into: Request, *, content_type: str, content_encoding: str = "", max_decoded: int
) -> Request:
    """Fill `into` from a body and return it.

    JSON is read by OTLP's own rules: ids in hex, enums as numbers, unknown names are ignored.
    Raises `WrongContentType` (415), `BodyTooLarge` (413), `BrokenGzip` or `OtlpUnreadable` (400).
    """
    media_type = media_type_of(content_type)
    plain = _decoded(body, content_encoding, min(max_decoded, LARGEST_BYTES))
    if media_type == JSON:
        return _from_json(plain, into)
    try:
        into.ParseFromString(plain)
    except DecodeError as error:
        raise OtlpUnreadable(f"The body is not the protobuf expected here: {detail_of(error)}.") from error
    return into


def _decoded(body: bytes, content_encoding: str, limit: int) -> bytes:
    encoding = content_encoding.strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return gunzip(body, limit=limit)
    if encoding not in ("", "identity"):
        raise WrongContentType("The Content-Encoding can be gzip or identity, nothing else.")
    if len(body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes.")
    return body


def _from_json(plain: bytes, into: Request) -> Request:
    try:
        found = orjson.loads(plain)
        if type(found) is not dict:
            raise OtlpUnreadable("The body is JSON, but not an object.")
        _ids_to_base64(found)
        ParseDict(found, into, ignore_unknown_fields=True)
    except (orjson.JSONDecodeError, ParseError, RecursionError, ValueError, TypeError) as error:
        raise OtlpUnreadable(f"The body is not the JSON expected here: {detail_of(error)}.") from error
    return into


def _ids_to_base64(found: dict[str, Any]) -> None:
    """Rewrite hex ids in place as the base64 that protobuf's own JSON wants; without recursion."""
    waiting: list[Any] = [found]
    while waiting:
        node = waiting.pop()
        if type(node) is list:
            waiting.extend(node)
        elif type(node) is dict:
            ids = [name for name in _IDS & node.keys() if type(node[name]) is str]
            node.update((name, _base64_of(name, node[name])) for name in ids)
            waiting.extend(node.values())


def _base64_of(name: str, text: str) -> str:
    try:
        raw = binascii.unhexlify(text)
    except ValueError as error:
        raise OtlpUnreadable(f"{name} is {text[:40]!r}, which is not hexadecimal.") from error
    if len(raw) not in _ID_BYTES:
        raise OtlpUnreadable(f"{name} has {len(raw)} bytes; it needs 8 or 16.")
    return base64.b64encode(raw).decode("ascii")
