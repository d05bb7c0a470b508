"""Each log line of a subscription is a signal; control messages are none; what is damaged is refused."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import read, recognise
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.sigma.logsource import LogSource, origin, signature

AT = 1795206600000
NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLACE = {"logGroup": "/ecs/jira-mcp", "logStream": "task/1"}


def message(*lines: Any, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    told = [{"id": str(n), "timestamp": AT + n, "message": line} for n, line in enumerate(lines)]
    return {"messageType": kind, "owner": "1", **PLACE, "subscriptionFilters": ["f"], "logEvents": told}


def packed(told: dict[str, Any]) -> bytes:
    text = base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()
    return json.dumps({"awslogs": {"data": text}}).encode()


LINES = (
    "GET /health 200\n",
    '{"level":"error","user":"ben"}',
    '{"eventName":"CreateUser","eventSource":"iam.amazonaws.com"}',
)


@pytest.mark.parametrize(
    "body", [packed(message(*LINES)), json.dumps(message(*LINES)).encode()], ids=["packed", "plain"]
)
def test_each_line_is_a_signal_with_its_place_and_time(body: bytes) -> None:
    assert recognise(body) == "cloudwatch-logs"
    found = read(body)
    assert found.refused == ()
    text, app, trail = (orjson.loads(line) for line in found.lines)
    assert all(record[name] == value for record in (text, app, trail) for name, value in PLACE.items())
    assert (text["message"], app["user"], app["level"]) == (LINES[0], "ben", "error")
    assert [signal_of(line, "cw", 1, NOW).time.year for line in found.lines] == [2026] * 3
    mine = LogSource(product="aws", service="cloudwatch-logs")
    assert [origin(signature(record)).fits(mine) for record in (text, app, trail)] == [True, True, False]
    assert origin(signature(trail)).fits(LogSource(product="aws", service="cloudtrail"))


def test_a_lines_own_fields_win_over_the_place() -> None:
    (line,) = read(packed(message('{"logGroup":"mine","product":"okta","timestamp":5}'))).lines
    assert orjson.loads(line) == {
        "logStream": "task/1",
        "logGroup": "mine",
        "product": "okta",
        "timestamp": 5,
    }


def test_a_line_of_a_known_format_is_read_as_that() -> None:
    metric = {"metric_stream_name": "s", "metric_name": "m", "value": {}}
    (line,) = read(packed(message(json.dumps(metric)))).lines
    record = orjson.loads(line)
    assert (record["category"], record["logGroup"]) == ("metric", "/ecs/jira-mcp")
    waf = {"webaclId": "w", "httpRequest": {}, "terminatingRuleId": "r"}
    (line,) = read(packed(message(json.dumps(waf)))).lines
    assert origin(signature(orjson.loads(line))).fits(LogSource(product="aws", service="waf"))


def test_a_control_message_gives_nothing() -> None:
    assert read(packed(message("CWL CONTROL MESSAGE: Checking health", kind="CONTROL_MESSAGE"))).lines == ()
    assert read(packed(message("x", kind="CONTROL_MESSAGE"))).refused == ()


def test_a_log_event_without_a_message_is_refused_alone() -> None:
    found = read(packed(message("one", 7)))
    assert (len(found.lines), len(found.refused)) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "%%%",
        "é",
        base64.b64encode(gzip.compress(b"{}")[:-3]).decode(),
        base64.b64encode(gzip.compress(bytes(70_000_000))).decode(),
        base64.b64encode(b'{"a":1}').decode(),
        base64.b64encode(b"7").decode(),
    ],
    ids=["no base64", "no ASCII", "half a gzip", "a gzip bomb", "no message", "no object"],
)
def test_what_cannot_be_unpacked_is_refused_and_the_rest_goes_on(text: str) -> None:
    bad = json.dumps({"awslogs": {"data": text}}).encode()
    found = read(packed(message("one")) + b"\n" + bad)
    assert (len(found.lines), [part.body for part in found.refused]) == (1, [bad])
