"""Jamf Pro's webhooks and computers are signals with their own field names."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

WEBHOOK = {
    "webhook": {
        "id": 3,
        "name": "tocsin",
        "webhookEvent": "ComputerCheckIn",
        "eventTimestamp": 1795206600000,
    },
    "event": {"deviceName": "ben-mac", "udid": "U-1", "osVersion": "15.1", "username": "ben", "jssID": 13},
}
COMPUTER = {
    "id": "13",
    "udid": "U-1",
    "general": {
        "name": "ben-mac",
        "lastContactTime": "2026-11-20T20:45:12Z",
        "reportDate": "2026-11-20T20:44:00Z",
        "remoteManagement": {"managed": True},
    },
    "diskEncryption": {"bootPartitionEncryptionDetails": {"partitionFileVault2State": "UNENCRYPTED"}},
    "security": {
        "firewallEnabled": False,
        "gatekeeperStatus": "APP_STORE_AND_IDENTIFIED_DEVELOPERS",
        "sipStatus": "ENABLED",
    },
}


@pytest.mark.parametrize(("told", "service"), [(WEBHOOK, "webhook"), (COMPUTER, "inventory")])
def test_each_kind_is_a_signal_alone_and_in_a_list(told: dict[str, Any], service: str) -> None:
    alone, several = json.dumps(told).encode(), json.dumps({"totalCount": 1, "results": [told]}).encode()
    assert recognise(alone) == recognise(several) == "jamf"
    (line,) = read(alone).lines
    assert read(several).lines == (line,)
    record = orjson.loads(line)
    assert {name: record[name] for name in told} == told
    assert record["time"] in (1795206600000, "2026-11-20T20:44:00Z")
    assert origin(signature(record)).fits(LogSource(product="jamf", service=service, category="device"))


def test_a_stranger_is_refused() -> None:
    found = parse("jamf", b'{"results":[{"x":1}]}\n{"y":2}')
    assert [part.body for part in found.refused] == [b'{"x":1}', b'{"y":2}']
