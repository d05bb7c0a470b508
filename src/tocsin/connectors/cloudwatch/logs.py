"""Makes a signal of each log line that a CloudWatch Logs subscription sends."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from tocsin.connectors.gunzip import gunzip, is_gzip
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import BodyRefused, detail_of
from tocsin.connectors.slices import each, elements, marked, members
from tocsin.connectors.splitting import LineRefused, decoded, is_object, on_one_line

MOST_UNPACKED = 16_000_000
"""CloudWatch sends at most 6 MB unpacked; more is no such message."""

_TOLD = frozenset({"product", "service", "category", "class", "eventName", "EventID"})
"""A record with one of these tells its log source by itself."""


def is_subscription(record: dict[str, Any]) -> bool:
    """Say whether an object is a message of a subscription: plain, or packed as Lambda gets it."""
    return _packed_in(record) is not None or _is_message(record)


def read_subscription(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each of the message's log events; a control message gives none.

    A log line that is a JSON object keeps its own fields and gets `logGroup` and `logStream`. Any other line
    is the field `message`.
    Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    packed = _packed_in(record)
    if packed is not None:
        raw, record = _unpack(packed)
    elif not _is_message(record):
        return None
    if record["messageType"] != "DATA_MESSAGE":
        return Parsed(())
    place = {"logGroup": record.get("logGroup"), "logStream": record.get("logStream")}

    def read(raw: bytes, record: dict[str, Any]) -> Parsed | None:
        return _log_event(raw, record, place)

    return each(elements(members(raw)["logEvents"]), read)


def _log_event(raw: bytes, event: dict[str, Any], place: dict[str, Any]) -> Parsed | None:
    message = event.get("message")
    if type(message) is not str:
        return None
    line = on_one_line(message.strip().encode("utf-8", "surrogatepass"))
    if not line.startswith(b"{") or not is_object(line):
        return Parsed((marked(raw, event, {"product": "aws", "service": "cloudwatch-logs"} | place),))
    record = decoded(line)
    marks = place | {"timestamp": event.get("timestamp")}
    if not _TOLD & record.keys():
        marks |= {"product": "aws", "service": "cloudwatch-logs"}
    return Parsed((marked(line, record, {name: marks[name] for name in marks if name not in record}),))


def _packed_in(record: dict[str, Any]) -> str | None:
    awslogs = record.get("awslogs")
    found = awslogs.get("data") if type(awslogs) is dict else None
    return found if type(found) is str else None


def _is_message(record: dict[str, Any]) -> bool:
    return (
        type(record.get("messageType")) is str
        and type(record.get("logEvents")) is list
        and "logGroup" in record
    )


def _unpack(text: str) -> tuple[bytes, dict[str, Any]]:
    try:
        packed = base64.b64decode(text, validate=True)
        plain = gunzip(packed, limit=MOST_UNPACKED) if is_gzip(packed) else packed
    except (binascii.Error, ValueError, BodyRefused) as error:
        raise LineRefused(f"a subscription whose data cannot be unpacked: {detail_of(error)}") from error
    record = decoded(plain)
    if not _is_message(record):
        raise LineRefused("a subscription whose data is no message of CloudWatch Logs")
    return on_one_line(plain), record
