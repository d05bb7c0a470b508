"""The few columns that every source has in common, taken from native fields by a plain table."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

# Column -> native fields that may tell it, the first that is there counts.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "class": ("class", "class_name", "category", "eventType", "Channel"),
    "action": ("action", "activity_name", "eventName", "event.action", "EventID"),
    "outcome": ("outcome", "status", "event.outcome", "errorCode", "Keywords"),
    "actor": (
        "actor",
        "user",
        "user.name",
        "actor.user.name",
        "userIdentity.arn",
        "userIdentity.userName",
        "SubjectUserName",
        "User",
        "user_id",
    ),
    "src_ip": (
        "src_ip",
        "source_ip",
        "source.ip",
        "src_endpoint.ip",
        "sourceIPAddress",
        "IpAddress",
        "SourceIp",
        "client_ip",
    ),
    "target": ("target", "resource", "TargetUserName", "TargetFilename", "DestinationHostname", "bucket"),
    "tenant": ("tenant", "tenant_id", "recipientAccountId", "org_id", "account"),
    "severity": ("severity", "level", "log.level", "SeverityText", "Level"),
}


def plain(text: str) -> str:
    """Return a scalar's JSON text as plain text, nothing for null, lists, maps and what cannot be read."""
    if not text or text[0] in "[{n":
        return ""
    if text[:1] != '"':
        return text
    try:
        return str(orjson.loads(text))
    except orjson.JSONDecodeError:
        return ""
