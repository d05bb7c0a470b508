"""Spans become signals of their own category, and the attributes of GenAI keep their names."""

from __future__ import annotations

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tocsin.connectors.otlp.reading import PROTOBUF
from tocsin.connectors.otlp.spans import read_spans

START = 1_544_712_660_000_000_000


def read(*spans: Span) -> list[dict[str, object]]:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    found = read_spans(request.SerializeToString(), content_type=PROTOBUF, max_decoded=1 << 20)
    return [orjson.loads(line) for line in found.lines]


def test_a_call_of_a_model_keeps_its_attributes() -> None:
    span = Span(name="chat gpt", trace_id=b"\x01" * 16, span_id=b"\x02" * 8, kind=3)
    span.start_time_unix_nano, span.end_time_unix_nano = START, START + 1_500_000_000
    span.status.code, span.status.message = 2, "too many tokens"
    span.attributes.append(KeyValue(key="gen_ai.usage.input_tokens", value=AnyValue(int_value=900)))
    span.events.add(name="gen_ai.choice", time_unix_nano=START)
    span.links.add(trace_id=b"\x03" * 16, span_id=b"\x04" * 8)
    (record,) = read(span)
    assert record == {
        "time": "2018-12-13T14:51:00.000000Z",
        "endTime": "2018-12-13T14:51:01.500000Z",
        "durationMs": 1500.0,
        "category": "span",
        "name": "chat gpt",
        "kind": "client",
        "status": "error",
        "statusMessage": "too many tokens",
        "traceId": "01" * 16,
        "spanId": "02" * 8,
        "events": [{"name": "gen_ai.choice", "time": "2018-12-13T14:51:00.000000Z"}],
        "links": [{"traceId": "03" * 16, "spanId": "04" * 8}],
        "gen_ai.usage.input_tokens": 900,
    }


def test_a_span_that_ends_before_it_starts_has_no_duration_and_new_enums_stay_numbers() -> None:
    (record,) = read(Span(name="odd", kind=77, start_time_unix_nano=START, end_time_unix_nano=1))
    assert ("durationMs" in record, record["kind"], record["status"]) == (False, 77, "unset")
