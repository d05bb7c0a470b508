"""Makes signals of SentinelOne's exports of threats and agents (API v2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import listed, one, sample_of

_LISTS = ("data",)


def is_sentinelone(record: dict[str, Any]) -> bool:
    """Say whether an object is a threat or an agent, or a list of them."""
    sample = sample_of(record, _LISTS)
    return _is_threat(sample) or _is_agent(sample)


def read_sentinelone(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each threat (category `edr`) and agent (category `device`), with native names."""
    found = None if _is_threat(record) else listed(raw, record, _LISTS, _read_one)
    return found or _read_one(raw, record)


def _read_one(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    if _is_threat(record):
        told = record["threatInfo"]
        marks = {
            "category": "edr",
            "service": "threats",
            "time": told.get("identifiedAt") or told.get("createdAt"),
        }
    elif _is_agent(record):
        marks = {"category": "device", "service": "agents", "time": record.get("lastActiveDate")}
    else:
        return None
    return one(raw, record, {"product": "sentinelone"} | marks)


def _is_threat(record: Mapping[str, Any]) -> bool:
    return type(record.get("threatInfo")) is dict and (
        "agentRealtimeInfo" in record or "agentDetectionInfo" in record
    )


def _is_agent(record: Mapping[str, Any]) -> bool:
    return "computerName" in record and "agentVersion" in record and "networkStatus" in record
