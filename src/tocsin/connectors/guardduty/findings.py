"""Makes signals of GuardDuty findings: plain, in EventBridge's envelope, or listed as the API gives them."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.aws_findings import DETAIL_TYPE, is_sample
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import each, elements, members, one
from tocsin.connectors.splitting import on_one_line

_LISTS = ("findings", "Findings")


def is_guardduty(record: dict[str, Any]) -> bool:
    """Say whether an object is a finding, EventBridge's envelope around one, or a list of them."""
    return _is_finding(record) or _is_envelope(record) or _list_of(record) is not None


def read_guardduty(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each finding, with its native field names (schema version 2.0).

    Added are `product: aws`, `time` (the last time the activity was seen), `is_sample`, and `dedup_key`: the
    finding's id and update time, since GuardDuty sends a finding again with a higher `service.count`.
    """
    name = _list_of(record)
    if name is not None:
        return each(elements(members(raw)[name]), _finding)
    if _is_envelope(record):
        return _finding(on_one_line(members(raw)["detail"]), record["detail"])
    return _finding(raw, record)


def _finding(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    if not _is_finding(record):
        return None
    service = record["service"]
    marks = {
        "product": "aws",
        "time": service.get("eventLastSeen") or record.get("updatedAt"),
        "is_sample": is_sample(service),
        "dedup_key": f"{record['id']}/{record.get('updatedAt', '')}",
    }
    return one(raw, record, marks)


def _is_finding(record: dict[str, Any]) -> bool:
    service = record.get("service")
    return (
        type(service) is dict
        and service.get("serviceName") == "guardduty"
        and type(record.get("id")) is str
        and "severity" in record
        and "type" in record
    )


def _is_envelope(record: dict[str, Any]) -> bool:
    if record.get("detail-type") != DETAIL_TYPE:
        return False
    detail = record.get("detail")
    return type(detail) is dict and _is_finding(detail)


def _list_of(record: dict[str, Any]) -> str | None:
    for name in _LISTS:
        found = record.get(name)
        if type(found) is list and found and type(found[0]) is dict and _is_finding(found[0]):
            return name
    return None
