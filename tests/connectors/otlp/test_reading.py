"""Bodies of OTLP in both encodings are read alike, and hostile ones are refused within bounds."""

from __future__ import annotations

import gzip
from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tocsin.connectors.otlp.reading import JSON, PROTOBUF, OtlpUnreadable, Rejected, read_request
from tocsin.connectors.refusal import BodyTooLarge, BrokenGzip, WrongContentType

TRACE = "5b8efff798038103d269b633813fc60c"
RECORD = {"traceId": TRACE, "spanId": "eee19b7ec3c1b174", "severityNumber": 9, "timeUnixNano": "17"}
REQUEST = {"resourceLogs": [{"scopeLogs": [{"logRecords": [RECORD], "newField": 1}]}]}
MB = 1024 * 1024


def read(
    body: bytes, content_type: str = JSON, encoding: str = "", limit: int = MB
) -> ExportLogsServiceRequest:
    return read_request(
        body,
        ExportLogsServiceRequest(),
        content_type=content_type,
        content_encoding=encoding,
        max_decoded=limit,
    )


def test_json_has_hex_ids_enum_numbers_and_names_we_do_not_know() -> None:
    (record,) = read(orjson.dumps(REQUEST)).resource_logs[0].scope_logs[0].log_records
    assert (record.trace_id.hex(), record.severity_number, record.time_unix_nano) == (TRACE, 9, 17)


def test_protobuf_says_the_same_plain_or_gzip() -> None:
    read_as_json = read(orjson.dumps(REQUEST))
    body = read_as_json.SerializeToString()
    assert read(body, "Application/X-Protobuf; charset=x") == read_as_json
    assert read(gzip.compress(body), PROTOBUF, "gzip") == read_as_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"resourceLogs": 7}',
        b'{"resourceLogs": [7]}',
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": "xyz"}]}]}]}',
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": "abcd"}]}]}]}',
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "-1"}]}]}]}',
        b'{"a":' * 900 + b"1" + b"}" * 900 + b"]",
    ],
)
def test_what_is_no_request_is_refused(body) -> None:
    with pytest.raises(OtlpUnreadable):
        read(body)


def test_deeply_nested_values_are_refused_not_followed() -> None:
    opened, closed = '{"arrayValue":{"values":[' * 400, "]}}" * 400
    record = f'{{"body":{opened}{{"stringValue":"x"}}{closed}}}'
    body = f'{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}'
    with pytest.raises(OtlpUnreadable):
        read(body.encode())


def test_size_and_encoding_are_bounded() -> None:
    with pytest.raises(BodyTooLarge):
        read(gzip.compress(b" " * 5000), encoding="gzip", limit=4000)
    with pytest.raises(BodyTooLarge):
        read(b" " * 5000, limit=4000)
    with pytest.raises(BrokenGzip):
        read(gzip.compress(b"{}")[:-4], encoding="gzip")
    with pytest.raises(WrongContentType):
        read(b"{}", encoding="br")
    with pytest.raises(WrongContentType):
        read(b"{}", "text/plain")


@given(st.binary(max_size=300), st.sampled_from([JSON, PROTOBUF]))
def test_any_bytes_are_read_or_refused(body, content_type) -> None:
    with suppress(OtlpUnreadable):
        assert read(body, content_type).ByteSize() >= 0


def test_rejections_keep_the_first_reason() -> None:
    assert Rejected().and_one("first").and_one("second", 3) == Rejected(4, "first")
