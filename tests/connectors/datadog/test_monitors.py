"""A monitor's webhook is a signal that says whether the monitor fires."""

from __future__ import annotations

import json
import re

import orjson
import pytest

from tocsin.connectors.datadog.monitors import TEMPLATE
from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

DEFAULT = {
    "body": "high load",
    "last_updated": "1795206600000",
    "event_type": "metric_alert_monitor",
    "title": "[Triggered] load",
    "date": "1795206600000",
    "org": {"id": "1", "name": "t"},
    "id": "77",
}


def filled(transition: str) -> bytes:
    return re.sub(r"\$[A-Z_]+", "x", TEMPLATE.replace("$ALERT_TRANSITION", transition)).encode()


@pytest.mark.parametrize(
    ("transition", "is_firing"),
    [
        ("Triggered", True),
        ("Re-Triggered", True),
        ("No Data", True),
        ("Warn", True),
        ("Recovered", False),
        ("$ALERT_TRANSITION", None),
    ],
)
def test_our_template_tells_whether_the_monitor_fires(transition: str, is_firing: bool | None) -> None:
    body = filled(transition) if not transition.startswith("$") else TEMPLATE.encode()
    assert recognise(body) == "datadog"
    (line,) = read(body).lines
    record = orjson.loads(line)
    assert record.get("is_firing") is is_firing
    assert origin(signature(record)).fits(LogSource(product="datadog", service="monitor"))


def test_the_default_payload_is_read_too() -> None:
    (line,) = parse("datadog", json.dumps(DEFAULT).encode()).lines
    record = orjson.loads(line)
    assert (record["title"], "is_firing" in record) == ("[Triggered] load", False)


def test_a_stranger_is_refused() -> None:
    assert [part.body for part in parse("datadog", b'{"y":2}').refused] == [b'{"y":2}']
