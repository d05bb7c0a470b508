"""Each difference is a signal that says where it is, what was expected and what is there."""

from __future__ import annotations

import json

import orjson
import pytest

from tocsin.connectors.drift.report import signals_of
from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.connectors.splitting import LineRefused
from tocsin.detection.sigma.logsource import LogSource, origin, signature

TOLD = {
    "name": "gateway",
    "revision": "abc",
    "odd": 1,
    "baseline": {"tls": True, "ports": [443]},
    "snapshot": {"tls": False, "ports": [443]},
}


def test_each_difference_is_a_signal() -> None:
    body = json.dumps(TOLD).encode()
    assert recognise(body) == "drift"
    (line,) = read(body).lines
    record = orjson.loads(line)
    assert record == {
        "product": "config",
        "category": "drift",
        "name": "gateway",
        "revision": "abc",
        "path": "tls",
        "kind": "changed",
        "expected": True,
        "actual": False,
    }
    assert origin(signature(record)).fits(LogSource(product="config", category="drift"))


def test_no_drift_is_no_signal_and_another_object_is_refused() -> None:
    same = parse("drift", json.dumps({**TOLD, "snapshot": TOLD["baseline"]}).encode())
    assert (same.lines, same.refused) == ((), ())
    assert len(parse("drift", b'{"baseline":{}}').refused) == 1


def test_a_value_that_json_does_not_have_is_told_as_text_or_refused() -> None:
    (line,) = signals_of({"at": frozenset()}, {}, {})
    assert orjson.loads(line)["expected"] == "frozenset()"
    with pytest.raises(LineRefused):
        list(signals_of({"n": "\ud800"}, {}, {}))
