"""An alarm's change of state says the same words, whether SNS or EventBridge brings it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.sigma.logsource import LogSource, origin, signature

PAYLOADS = Path(__file__).parent / "payloads"
MESSAGE = json.loads((PAYLOADS / "alarm_sns_message.json").read_text("utf-8"))
ENVELOPE = json.loads((PAYLOADS / "alarm_eventbridge.json").read_text("utf-8"))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(MESSAGE, id="message"),
        pytest.param(
            {"Type": "Notification", "TopicArn": "t", "Message": json.dumps(MESSAGE)}, id="over SNS"
        ),
        pytest.param(ENVELOPE, id="EventBridge"),
    ],
)
def test_every_way_in_says_the_same_words(told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    assert recognise(body) == "cloudwatch-alarm"
    (line,) = read(body).lines
    record = orjson.loads(line)
    words = {name: record[name] for name in ("alarm_name", "state", "previous_state")}
    assert words == {"alarm_name": "jira-mcp-5xx", "state": "ALARM", "previous_state": "OK"}
    assert record["alarm_arn"].endswith(":alarm:jira-mcp-5xx")
    assert origin(signature(record)).fits(LogSource(product="aws", service="cloudwatch", category="alarm"))
    assert signal_of(line, "cw", 1, NOW).time.replace(microsecond=0) == datetime(
        2026, 11, 20, 20, 45, 12, tzinfo=UTC
    )


def test_a_composite_alarm_without_resources_is_read_too() -> None:
    bare = {
        **ENVELOPE,
        "resources": [],
        "detail": {"alarmName": "all", "state": {"value": "OK"}, "previousState": None},
    }
    (line,) = parse("cloudwatch-alarm", json.dumps(bare).encode()).lines
    record = orjson.loads(line)
    assert (record["state"], "alarm_arn" in record, "previous_state" in record) == ("OK", False, False)


@pytest.mark.parametrize("detail", [{}, {"alarmName": "x"}, {"alarmName": "x", "state": "ALARM"}, 7])
def test_an_envelope_without_a_state_is_refused(detail: Any) -> None:
    body = json.dumps({**ENVELOPE, "detail": detail}).encode()
    assert [part.body for part in parse("cloudwatch-alarm", body).refused] == [body]
