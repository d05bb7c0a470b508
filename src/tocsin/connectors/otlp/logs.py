"""OTLP log records as signals: one line of JSON each, with the sender's own field names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tocsin.connectors.otlp.attributes import flat, instant, plain, record_of, resource_fields
from tocsin.connectors.otlp.reading import Rejected, read_request

LONGEST_RECORD_BYTES = 1024 * 1024
TOO_LONG = f"a record is longer than {LONGEST_RECORD_BYTES} bytes"


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """The signals of one request, and what was not taken of it."""

    lines: tuple[bytes, ...]
    rejected: Rejected


def read_logs(body: bytes, *, content_type: str, content_encoding: str = "", max_decoded: int) -> ReadRecords:
    """Read an ExportLogsServiceRequest. Raises as `read_request` does."""
    request = read_request(
        body,
        ExportLogsServiceRequest(),
        content_type=content_type,
        content_encoding=content_encoding,
        max_decoded=max_decoded,
    )
    records = (
        _fields(record, scope.scope.name, resource)
        for group in request.resource_logs
        for resource in (resource_fields(group.resource),)
        for scope in group.scope_logs
        for record in scope.log_records
    )
    return collected(records)


def collected(records: Any) -> ReadRecords:
    """Write records as lines; one that is too long is rejected alone."""
    lines: list[bytes] = []
    rejected = Rejected()
    for record in records:
        line = orjson.dumps(record)
        if len(line) > LONGEST_RECORD_BYTES:
            rejected = rejected.and_one(TOO_LONG)
        else:
            lines.append(line)
    return ReadRecords(tuple(lines), rejected)


def _fields(record: LogRecord, scope: str, resource: dict[str, Any]) -> dict[str, Any]:
    observed = instant(record.observed_time_unix_nano)
    ours: dict[str, Any] = {
        "time": instant(record.time_unix_nano) or observed,
        "observedTime": observed,
        "severity": record.severity_text or None,
        "severityNumber": record.severity_number or None,
        "body": plain(record.body) if record.HasField("body") else None,
        "eventName": record.event_name or None,
        "traceId": record.trace_id.hex() or None,
        "spanId": record.span_id.hex() or None,
        "scope": scope or None,
    }
    told = {name: value for name, value in ours.items() if value is not None}
    return record_of(told, flat(record.attributes), resource)
