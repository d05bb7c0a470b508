"""A log line of WAF is a signal; the headers that rules ask for stand beside it."""

from __future__ import annotations

import json

import orjson

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

LINE = {
    "timestamp": 1795206600000,
    "formatVersion": 1,
    "webaclId": "arn:aws:wafv2:eu-west-1:1:regional/webacl/app/1",
    "terminatingRuleId": "RateLimit",
    "terminatingRuleType": "RATE_BASED",
    "action": "BLOCK",
    "httpSourceName": "ALB",
    "httpRequest": {
        "clientIp": "198.51.100.23",
        "country": "NL",
        "headers": [
            {"name": "Host", "value": "app.tocsin.example"},
            {"name": "User-Agent", "value": "curl"},
            7,
            {"name": 7},
        ],
        "uri": "/login",
        "httpMethod": "POST",
    },
}


def test_a_line_is_a_signal_with_its_own_names_and_two_headers() -> None:
    body = json.dumps(LINE).encode()
    assert recognise(body + b"\n" + body) == "waf"
    record = orjson.loads(read(body).lines[0])
    assert {name: record[name] for name in LINE} == LINE
    assert (record["host"], record["user_agent"]) == ("app.tocsin.example", "curl")
    assert origin(signature(record)).fits(LogSource(product="aws", service="waf"))


def test_a_line_without_headers_is_read_and_a_stranger_refused() -> None:
    bare = {**LINE, "httpRequest": {}}
    found = parse("waf", json.dumps(bare).encode() + b'\n{"webaclId":"x"}')
    assert (len(found.lines), [part.body for part in found.refused]) == (1, [b'{"webaclId":"x"}'])
