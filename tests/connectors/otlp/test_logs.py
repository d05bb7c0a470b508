"""Log records become lines of JSON that rules can read."""

from __future__ import annotations

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tocsin.connectors.otlp import logs as logs_module
from tocsin.connectors.otlp.logs import read_logs
from tocsin.connectors.otlp.reading import JSON, PROTOBUF

MB = 1024 * 1024
# The example of opentelemetry-proto, shortened.
REQUEST = {
    "resourceLogs": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my.service"}}]},
            "scopeLogs": [
                {
                    "scope": {"name": "my.library", "version": "1.0.0"},
                    "logRecords": [
                        {
                            "timeUnixNano": "1544712660300000000",
                            "observedTimeUnixNano": "1544712660400000000",
                            "severityNumber": 10,
                            "severityText": "Information",
                            "traceId": "5B8EFFF798038103D269B633813FC60C",
                            "spanId": "EEE19B7EC3C1B174",
                            "body": {"stringValue": "login failed"},
                            "attributes": [
                                {"key": "user.name", "value": {"stringValue": "eve"}},
                                {"key": "attempts", "value": {"intValue": "61"}},
                            ],
                        },
                        {"observedTimeUnixNano": "1544712660400000000"},
                    ],
                }
            ],
        }
    ]
}


def test_a_record_keeps_native_names_beside_resource_and_service() -> None:
    read = read_logs(orjson.dumps(REQUEST), content_type=JSON, max_decoded=MB)
    first, second = map(orjson.loads, read.lines)
    assert first == {
        "service": "my.service",
        "resource.service.name": "my.service",
        "time": "2018-12-13T14:51:00.300000Z",
        "observedTime": "2018-12-13T14:51:00.400000Z",
        "severity": "Information",
        "severityNumber": 10,
        "body": "login failed",
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "scope": "my.library",
        "user.name": "eve",
        "attempts": 61,
    }
    assert second["time"] == "2018-12-13T14:51:00.400000Z"
    assert read.rejected.count == 0


def test_one_record_that_is_too_long_is_rejected_alone(monkeypatch) -> None:
    monkeypatch.setattr(logs_module, "LONGEST_RECORD_BYTES", 200)
    read = read_logs(orjson.dumps(REQUEST), content_type=JSON, max_decoded=MB)
    assert (len(read.lines), read.rejected.count) == (1, 1)
    assert "longer than" in read.rejected.reason


def test_an_empty_request_is_none_of_anything() -> None:
    body = ExportLogsServiceRequest().SerializeToString()
    assert read_logs(body, content_type=PROTOBUF, max_decoded=MB).lines == ()
