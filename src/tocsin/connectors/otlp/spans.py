"""OTLP spans as signals of the category `span`; attributes such as `gen_ai.*` keep their names."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tocsin.connectors.otlp.attributes import flat, instant, record_of, resource_fields
from tocsin.connectors.otlp.logs import ReadRecords, collected
from tocsin.connectors.otlp.reading import read_request

CATEGORY = "span"
_KIND = "SPAN_KIND_"
_STATUS = "STATUS_CODE_"


def read_spans(
    body: bytes, *, content_type: str, content_encoding: str = "", max_decoded: int
) -> ReadRecords:
    """Read an ExportTraceServiceRequest. Raises as `read_request` does."""
    request = read_request(
        body,
        ExportTraceServiceRequest(),
        content_type=content_type,
        content_encoding=content_encoding,
        max_decoded=max_decoded,
    )
    records = (
        _fields(span, scope.scope.name, resource)
        for group in request.resource_spans
        for resource in (resource_fields(group.resource),)
        for scope in group.scope_spans
        for span in scope.spans
    )
    return collected(records)


def _fields(span: Span, scope: str, resource: dict[str, Any]) -> dict[str, Any]:
    ours: dict[str, Any] = {
        "time": instant(span.start_time_unix_nano),
        "endTime": instant(span.end_time_unix_nano),
        "durationMs": _duration_ms(span),
        "category": CATEGORY,
        "name": span.name,
        "kind": _word(Span.SpanKind, span.kind, _KIND),
        "status": _word(Status.StatusCode, span.status.code, _STATUS),
        "statusMessage": span.status.message or None,
        "traceId": span.trace_id.hex() or None,
        "spanId": span.span_id.hex() or None,
        "parentSpanId": span.parent_span_id.hex() or None,
        "scope": scope or None,
        "events": [_event(event) for event in span.events] or None,
        "links": [{"traceId": link.trace_id.hex(), "spanId": link.span_id.hex()} for link in span.links]
        or None,
    }
    told = {name: value for name, value in ours.items() if value is not None}
    return record_of(told, flat(span.attributes), resource)


def _duration_ms(span: Span) -> float | None:
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        return None
    return (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6


def _event(event: Span.Event) -> dict[str, Any]:
    return record_of({"name": event.name, "time": instant(event.time_unix_nano)}, flat(event.attributes), {})


def _word(enum: Any, number: int, prefix: str) -> str | int:
    """Return an enum's word in lower case; a number that is newer than we are stays a number."""
    try:
        return str(enum.Name(number)).removeprefix(prefix).lower()
    except ValueError:
        return number
