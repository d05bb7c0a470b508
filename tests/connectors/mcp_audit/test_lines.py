"""An audit line tells who called which tool in the same words, whatever gateway wrote it."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

OURS = {"mcp": "jira-mcp", "tool": "search", "user": "ben", "outcome": "allowed"}


@pytest.mark.parametrize(
    "told",
    [
        OURS,
        {"mcp_server": "jira-mcp", "tool_name": "search", "user_id": "ben", "result": "allowed"},
        {
            "server": "jira-mcp",
            "toolName": "search",
            "upn": "ben",
            "decision": "allowed",
            "time": "2026-11-20T20:45:12Z",
        },
        {
            "jsonrpc": "2.0",
            "method": "tools/call",
            "params": {"name": "search"},
            "server": "jira-mcp",
            "sub": "ben",
            "status": "allowed",
        },
    ],
)
def test_every_gateway_says_the_same_words(told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    assert recognise(body) == "mcp"
    (line,) = read(body).lines
    record = orjson.loads(line)
    assert {name: record[name] for name in OURS} == OURS
    assert {name: record[name] for name in told} == told
    assert origin(signature(record)).fits(LogSource(product="mcp", service="audit"))


def test_a_line_may_name_its_own_service() -> None:
    (line,) = read(b'{"product":"mcp","service":"gateway","outcome":"denied","status_code":401}').lines
    assert origin(signature(orjson.loads(line))).fits(LogSource(product="mcp", service="gateway"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"tool":"x","user":"ben"}',
        b'{"mcp":"x","user":"ben","method":"GET"}',
        b'{"method":"tools/list","params":7}',
    ],
)
def test_what_tells_no_call_is_refused(body: bytes) -> None:
    assert [part.body for part in parse("mcp", body).refused] == [body]


def test_a_call_without_parameters_has_no_tool() -> None:
    (line,) = read(b'{"method":"tools/list","params":7,"mcp":"x","user":"ben"}').lines
    assert "tool" not in orjson.loads(line)
