"""Intune's managed devices are signals with Graph's own field names."""

from __future__ import annotations

import json

import orjson

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

DEVICE = {
    "id": "d1",
    "deviceName": "ben-pc",
    "operatingSystem": "Windows",
    "osVersion": "10.0.26100",
    "complianceState": "noncompliant",
    "isEncrypted": False,
    "jailBroken": "Unknown",
    "userPrincipalName": "ben@tocsin.example",
    "lastSyncDateTime": "2026-11-20T20:45:12Z",
}


def test_a_device_is_a_signal_alone_and_in_a_list() -> None:
    alone = json.dumps(DEVICE).encode()
    several = json.dumps(
        {"@odata.context": "https://graph.example/$metadata", "value": [DEVICE, DEVICE]}
    ).encode()
    assert recognise(alone) == recognise(several) == "intune"
    (line,) = read(alone).lines
    assert read(several).lines == (line, line)
    record = orjson.loads(line)
    assert {name: record[name] for name in DEVICE} == DEVICE
    assert record["time"] == "2026-11-20T20:45:12Z"
    assert origin(signature(record)).fits(LogSource(product="intune", service="devices", category="device"))


def test_a_stranger_is_refused() -> None:
    found = parse("intune", b'{"value":[{"x":1}]}\n{"y":2}')
    assert [part.body for part in found.refused] == [b'{"x":1}', b'{"y":2}']
