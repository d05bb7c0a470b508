"""OpenTelemetry and Prometheus are answered by their own protocols, and hostile bodies within bounds."""

from __future__ import annotations

import gzip

import cramjam
import orjson
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from tocsin.connectors.otlp.reading import JSON, PROTOBUF
from tocsin.connectors.remote_write.messages import RequestV1
from tocsin.domain.errors import Overloaded
from tocsin.domain.person import Role
from tocsin.domain.sample import LabelMatcher, MatchOp
from tocsin.store.samples import DiskSamples

AT = 1_772_366_400_000
RECORD = {"body": {"stringValue": "hello"}, "timeUnixNano": str(AT * 1_000_000)}
LOGS = {"resourceLogs": [{"scopeLogs": [{"logRecords": [RECORD]}]}]}
SPANS = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "chat"}]}]}]}
PATHS = ("/v1/logs", "/v1/traces", "/v1/metrics")


def sent(headers: dict[str, str], kind: str, encoding: str = "") -> dict[str, str]:
    return {**headers, "Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})


def test_logs_and_spans_are_in_the_lake_as_signals(client, bearer, app) -> None:
    answer = client.post("/v1/logs", content=orjson.dumps(LOGS), headers=sent(bearer(), JSON))
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, JSON, {})
    body = gzip.compress(orjson.dumps(SPANS))
    path = "/v1/traces?source=agents"
    assert client.post(path, content=body, headers=sent(bearer(), JSON, "gzip")).status_code == 200
    (line,), _ = app.lake.read("otlp-logs", 0, 9)
    assert orjson.loads(line)["body"] == "hello"
    (line,), _ = app.lake.read("agents", 0, 9)
    assert orjson.loads(line)["category"] == "span"
    assert app.signals_bell.rings == 2


def test_metrics_are_samples_and_what_cannot_be_is_told_as_partial_success(client, bearer, app) -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    metrics.add(name="up").gauge.data_points.add(time_unix_nano=AT * 1_000_000, as_int=1)
    metrics.add(name="delta").sum.data_points.add(time_unix_nano=AT * 1_000_000, as_int=1)
    body = request.SerializeToString()
    answer = client.post("/v1/metrics", content=body, headers=sent(bearer(), PROTOBUF))
    found = ExportMetricsServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)
    assert (found.rejected_data_points, "not cumulative" in found.error_message) == (1, True)
    as_json = orjson.dumps(
        {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "d", "sum": {"dataPoints": [{}]}}]}]}]}
    )
    answer = client.post("/v1/metrics", content=as_json, headers=sent(bearer(), JSON))
    assert answer.json()["partialSuccess"]["rejectedDataPoints"] == "1"
    assert values(app.samples, "up") == [1.0]


def values(samples: DiskSamples, name: str) -> list[float]:
    matcher = LabelMatcher("__name__", MatchOp.EQUAL, name)
    return [value for one in samples.select([matcher], AT - 9999, AT + 9999) for value in one.values]


def test_an_empty_request_is_answered_with_an_empty_answer(client, bearer) -> None:
    body = ExportLogsServiceRequest().SerializeToString()
    answer = client.post("/v1/logs", content=body, headers=sent(bearer(), PROTOBUF))
    assert ExportLogsServiceResponse.FromString(answer.content) == ExportLogsServiceResponse()


@pytest.mark.parametrize("path", PATHS)
def test_refusals_are_a_status_in_the_senders_encoding(client, bearer, path) -> None:
    answer = client.post(path, content=b"{", headers=sent(bearer(), JSON))
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    answer = client.post(path, content=b"\xff", headers=sent(bearer(), PROTOBUF))
    assert (answer.status_code, answer.content[:3]) == (400, b"\x08\x03\x12")
    length = answer.content[3] & 127 | answer.content[4] << 7
    assert len(answer.content[5:].decode()) == length
    assert client.post(path, content=b"x", headers=sent(bearer(), "text/plain")).status_code == 415
    assert client.post(path, content=b"{}", headers=sent({}, JSON)).json()["code"] == 16
    viewer = bearer(Role.VIEWER)
    assert client.post(path, content=b"{}", headers=sent(viewer, JSON)).status_code == 403


def test_overload_asks_to_come_again(client, bearer, app, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")

    monkeypatch.setattr(type(app.lake), "append", full)
    answer = client.post("/v1/logs", content=orjson.dumps(LOGS), headers=sent(bearer(), JSON))
    assert (answer.status_code, answer.json()["code"]) == (503, 14)
    assert int(answer.headers["retry-after"]) > 0


def test_practice_is_no_source_for_others(client, bearer) -> None:
    answer = client.post("/v1/logs?source=drill-x", content=b"{}", headers=sent(bearer(name="eve"), JSON))
    assert answer.status_code == 403
    answer = client.post("/v1/logs?source=../x", content=b"{}", headers=sent(bearer(), JSON))
    assert answer.status_code == 400


def written(*names: str) -> bytes:
    request = RequestV1()
    for name in names:
        series = request.timeseries.add()
        if name:
            series.labels.add(name="__name__", value=name)
        series.labels.add(name="job", value="shop")
        series.samples.add(timestamp=AT, value=7.0)
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))


def test_a_remote_write_is_kept_and_its_job_is_remembered(client, bearer, app) -> None:
    headers = sent(bearer(), PROTOBUF, "snappy")
    answer = client.post("/api/v1/write", content=written("requests"), headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "1"
    assert values(app.samples, "requests") == [7.0]
    assert app.tally.drain().keys() == {"shop"}


def test_the_good_series_of_a_write_are_kept_beside_a_bad_one(client, bearer, app) -> None:
    headers = sent(bearer(), PROTOBUF, "snappy")
    answer = client.post("/api/v1/write", content=written("", "requests"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "remote_write_unreadable")
    assert values(app.samples, "requests") == [7.0]
    assert client.post("/api/v1/write", content=b"x").status_code == 401
