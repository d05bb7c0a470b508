"""Makes signals of CrowdStrike Falcon's event streams and of its exports of alerts and hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import listed, one, sample_of

_LISTS = ("resources",)
_ROUTE = {"product": "crowdstrike"}


def is_falcon(record: dict[str, Any]) -> bool:
    """Say whether an object is an event of a stream, an alert or a host, or a list of them."""
    return _kind_of(sample_of(record, _LISTS)) is not None


def read_falcon(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each event, alert (alerts API v2) and host (devices API v2), with native field names.

    The services are `event-stream`, `alerts` and `hosts`; the category is `edr`, for hosts `device`, for the
    stream's audit events `audit`. An alert's own `product` (`epp`, `idp` ...) is kept as `native_product`.
    """
    found = None if _kind_of(record) else listed(raw, record, _LISTS, _read_one)
    return found or _read_one(raw, record)


def _read_one(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    match _kind_of(record):
        case "event-stream":
            metadata = record["metadata"]
            is_audit = str(metadata["eventType"]).endswith("AuditEvent")
            marks = {"category": "audit" if is_audit else "edr", "time": metadata.get("eventCreationTime")}
        case "alerts":
            marks = {"category": "edr", "time": record.get("timestamp") or record.get("created_timestamp")}
        case "hosts":
            marks = {"category": "device", "time": record.get("last_seen")}
        case _:
            return None
    return one(raw, record, _ROUTE | {"service": _kind_of(record)} | marks)


def _kind_of(record: Mapping[str, Any]) -> str | None:
    metadata = record.get("metadata")
    if type(metadata) is dict and "eventType" in metadata and type(record.get("event")) is dict:
        return "event-stream"
    if type(record.get("composite_id")) is str and "severity" in record:
        return "alerts"
    if type(record.get("device_id")) is str and "cid" in record and "agent_version" in record:
        return "hosts"
    return None
