"""Falcon's events, alerts and hosts are signals with their own field names, routed by what they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.sigma.logsource import LogSource, origin, signature

NOW = datetime(2026, 11, 21, tzinfo=UTC)
STREAM = {
    "metadata": {
        "customerIDString": "c1",
        "offset": 7,
        "eventType": "EppDetectionSummaryEvent",
        "eventCreationTime": 1795206600000,
        "version": "1.0",
    },
    "event": {
        "ComputerName": "ben-mac",
        "UserName": "ben",
        "Severity": 4,
        "Name": "Credential dumping",
        "Tactic": "Credential Access",
    },
}
AUDIT = {
    "metadata": {**STREAM["metadata"], "eventType": "AuthActivityAuditEvent"},
    "event": {"UserId": "dana", "OperationName": "userAuthenticate"},
}
ALERT = {
    "composite_id": "c1:ind:a1:1",
    "cid": "c1",
    "product": "epp",
    "severity": 70,
    "severity_name": "High",
    "status": "new",
    "tactic": "Execution",
    "device": {"hostname": "ben-mac"},
    "timestamp": "2026-11-20T20:50:00Z",
}
HOST = {
    "device_id": "a1",
    "cid": "c1",
    "agent_version": "7.20",
    "hostname": "ben-mac",
    "platform_name": "Mac",
    "reduced_functionality_mode": "yes",
    "status": "normal",
    "last_seen": "2026-11-20T20:50:00Z",
}


@pytest.mark.parametrize(
    ("told", "service", "category"),
    [
        (STREAM, "event-stream", "edr"),
        (AUDIT, "event-stream", "audit"),
        (ALERT, "alerts", "edr"),
        (HOST, "hosts", "device"),
    ],
)
def test_each_kind_is_a_signal_alone_and_in_a_list(told: dict[str, Any], service: str, category: str) -> None:
    alone = json.dumps(told).encode()
    several = json.dumps({"meta": {"trace_id": "t"}, "resources": [told, told], "errors": []}).encode()
    assert recognise(alone) == recognise(several) == "crowdstrike"
    (line,) = read(alone).lines
    assert read(several).lines == (line, line)
    record = orjson.loads(line)
    assert origin(signature(record)).fits(
        LogSource(product="crowdstrike", service=service, category=category)
    )
    assert signal_of(line, "cs", 1, NOW).time.day == 20
    assert all(record[name] == value for name, value in told.items() if name != "product")


def test_an_alerts_own_product_is_kept_beside_ours() -> None:
    (line,) = read(json.dumps(ALERT).encode()).lines
    assert orjson.loads(line)["native_product"] == "epp"


def test_an_empty_list_is_nothing_and_a_stranger_is_refused() -> None:
    empty = parse("crowdstrike", b'{"resources":[]}')
    assert (empty.lines, empty.refused) == ((), ())
    found = parse("crowdstrike", b'{"resources":[{"x":1}]}\n{"y":2}')
    assert [part.body for part in found.refused] == [b'{"x":1}', b'{"y":2}']
