"""Makes signals of what EventBridge carries and no format of its own claims, CloudTrail's calls among it."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.aws_alarms import DETAIL_TYPE
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.slices import members, one
from tocsin.connectors.splitting import on_one_line

_OTHERS = frozenset({DETAIL_TYPE, "GuardDuty Finding"})
_VIA_CLOUDTRAIL = " via CloudTrail"


def is_event(record: dict[str, Any]) -> bool:
    """Say whether an object is EventBridge's envelope around something that has no format of its own."""
    return (
        type(record.get("detail-type")) is str
        and type(record.get("source")) is str
        and type(record.get("detail")) is dict
        and record["detail-type"] not in _OTHERS
    )


def read_event(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of one event; of an API call that CloudTrail tells, CloudTrail's own record."""
    if not is_event(record):
        return None
    if record["detail-type"].endswith(_VIA_CLOUDTRAIL) and "eventName" in record["detail"]:
        return Parsed((on_one_line(members(raw)["detail"]),))
    return one(raw, record, {"product": "aws", "service": "eventbridge"})
