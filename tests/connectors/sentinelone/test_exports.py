"""SentinelOne's threats and agents are signals with their own field names."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

THREAT = {
    "id": "1",
    "agentRealtimeInfo": {"agentComputerName": "ben-pc", "agentInfected": True},
    "threatInfo": {
        "threatName": "eve.exe",
        "confidenceLevel": "malicious",
        "incidentStatus": "unresolved",
        "identifiedAt": "2026-11-20T20:45:12Z",
        "createdAt": "2026-11-20T20:45:13Z",
    },
}
AGENT = {
    "id": "2",
    "computerName": "ben-pc",
    "agentVersion": "24.1",
    "networkStatus": "connected",
    "firewallEnabled": False,
    "encryptedApplications": False,
    "infected": False,
    "lastActiveDate": "2026-11-20T20:45:12Z",
}


@pytest.mark.parametrize(
    ("told", "service", "category"), [(THREAT, "threats", "edr"), (AGENT, "agents", "device")]
)
def test_each_kind_is_a_signal_alone_and_in_a_list(told: dict[str, Any], service: str, category: str) -> None:
    alone, several = (
        json.dumps(told).encode(),
        json.dumps({"data": [told], "pagination": {"totalItems": 1}}).encode(),
    )
    assert recognise(alone) == recognise(several) == "sentinelone"
    (line,) = read(alone).lines
    assert read(several).lines == (line,)
    record = orjson.loads(line)
    assert record["time"] == "2026-11-20T20:45:12Z"
    assert {name: record[name] for name in told} == told
    assert origin(signature(record)).fits(
        LogSource(product="sentinelone", service=service, category=category)
    )


def test_a_stranger_is_refused() -> None:
    found = parse("sentinelone", b'{"data":[{"x":1}]}\n{"y":2}')
    assert [part.body for part in found.refused] == [b'{"x":1}', b'{"y":2}']
