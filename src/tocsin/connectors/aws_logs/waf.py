"""Makes signals of the log lines of AWS WAF."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import one


def is_waf(record: dict[str, Any]) -> bool:
    """Say whether an object is a log line of AWS WAF."""
    return (
        type(record.get("webaclId")) is str
        and type(record.get("httpRequest")) is dict
        and "terminatingRuleId" in record
    )


def read_waf(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of one web request that WAF judged, with native field names.

    `host` and `user_agent` are taken out of the list of headers, where no rule could ask for them.
    Format: https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
    """
    if not is_waf(record):
        return None
    headers = _headers(record["httpRequest"].get("headers"))
    route = {"product": "aws", "service": "waf", "category": "waf"}
    return one(raw, record, route | {"host": headers.get("host"), "user_agent": headers.get("user-agent")})


def _headers(found: Any) -> dict[str, str]:
    pairs = [header for header in found if type(header) is dict] if type(found) is list else []
    return {
        pair["name"].lower(): pair["value"]
        for pair in pairs
        if type(pair.get("name")) is str and type(pair.get("value")) is str
    }
