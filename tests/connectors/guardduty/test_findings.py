"""A finding is one signal with its own field names, whichever way it comes; a sample is told as one."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.sigma.logsource import LogSource, origin, signature

ENVELOPE = json.loads((Path(__file__).parent / "payloads" / "finding_eventbridge.json").read_text("utf-8"))
FINDING = ENVELOPE["detail"]
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def over_sns(inner: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": "arn:t",
        "Message": json.dumps(inner, indent=1),
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps(ENVELOPE), id="EventBridge"),
        pytest.param(json.dumps(ENVELOPE, indent=2), id="EventBridge over lines"),
        pytest.param(json.dumps(FINDING), id="plain"),
        pytest.param(json.dumps(FINDING) + "\n", id="S3 export"),
        pytest.param(json.dumps([FINDING]), id="array"),
        pytest.param(json.dumps({"Findings": [FINDING]}), id="list of the API"),
        pytest.param(json.dumps(over_sns(ENVELOPE)), id="EventBridge over SNS"),
        pytest.param(json.dumps(over_sns(FINDING)), id="SNS"),
    ],
)
def test_every_way_in_gives_the_same_signal(body: str) -> None:
    assert recognise(body.encode()) == "guardduty"
    (line,) = read(body.encode()).lines
    assert parse("guardduty", body.encode()).lines == (line,)
    record = orjson.loads(line)
    assert {name: record[name] for name in FINDING} == FINDING
    assert origin(signature(record)).fits(LogSource(product="aws", service="guardduty"))
    assert (record["is_sample"], record["dedup_key"]) == (False, f"{FINDING['id']}/2026-11-20T20:46:00.000Z")
    assert signal_of(line, "gd", 1, NOW).time == datetime(2026, 11, 20, 20, 44, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "is_sample"),
    [
        ({"sample": True}, True),
        ({"sample": "true"}, True),
        ({"value": '{"sample":true}', "type": "default"}, True),
        ({"value": '{"sample":false}'}, False),
        ({"value": '{"sample'}, False),
        ({"value": '["sample"]'}, False),
        ({"value": 7}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_sample_is_told_as_one(more: Any, is_sample: bool) -> None:
    finding = deepcopy(FINDING)
    finding["service"]["additionalInfo"] = more
    (line,) = parse("guardduty", json.dumps(finding).encode()).lines
    assert orjson.loads(line)["is_sample"] is is_sample


def test_what_is_no_finding_is_refused_when_the_format_was_named() -> None:
    body = b'{"id":"x","service":{"serviceName":"guardduty"}}'
    assert [part.body for part in parse("guardduty", body).refused] == [body]
    mixed = json.dumps({"findings": [FINDING, {"id": "x"}]}).encode()
    found = read(mixed)
    assert (len(found.lines), [part.body for part in found.refused]) == (1, [b'{"id": "x"}'])


def test_other_events_of_eventbridge_are_no_findings() -> None:
    other = {**ENVELOPE, "detail": {"id": "x"}}
    assert [part.body for part in parse("guardduty", json.dumps(other).encode()).refused] != []
