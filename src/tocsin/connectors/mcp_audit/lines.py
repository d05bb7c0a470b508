"""Makes signals of the audit lines of MCP gateways: who called which tool, and with what outcome."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import one

WORDS: dict[str, tuple[str, ...]] = {
    "mcp": ("mcp_name", "mcp_server", "server", "server_name", "target"),
    "tool": ("tool_name", "toolName"),
    "user": ("user_id", "userId", "user_name", "username", "upn", "principal", "actor", "sub"),
    "outcome": ("result", "status", "decision"),
    "request_id": ("requestId", "correlation_id", "trace_id"),
}
"""Our words for what each line tells, and the names under which gateways write it, first found first used."""

_METHODS = ("tools/", "resources/", "prompts/")


def is_audit_line(record: dict[str, Any]) -> bool:
    """Say whether an object tells a call through a gateway: a server and a tool or a method, and by whom."""
    if record.get("product") == "mcp":
        return True
    has_call = _word(record, "tool") is not None or _is_call(record)
    return has_call and _word(record, "mcp") is not None and _word(record, "user") is not None


def read_audit_line(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of one audit line, with native field names.

    Added are the words of `WORDS` that the line writes under another name, and of a JSON-RPC message
    (`method: tools/call`) the tool. The product is `mcp`, the service `audit` unless the line names its own.
    """
    if not is_audit_line(record):
        return None
    marks = {word: _word(record, word) for word in WORDS if word not in record}
    if marks.get("tool") is None and "tool" not in record and _is_call(record):
        params = record.get("params")
        marks["tool"] = params.get("name") if type(params) is dict else None
    service = record.get("service")
    route = {"product": "mcp", "service": service if type(service) is str and service else "audit"}
    return one(raw, record, route | marks)


def _word(record: dict[str, Any], word: str) -> str | None:
    for name in (word, *WORDS[word]):
        found = record.get(name)
        if type(found) is str and found:
            return found
    return None


def _is_call(record: dict[str, Any]) -> bool:
    method = record.get("method")
    return type(method) is str and method.startswith(_METHODS)
