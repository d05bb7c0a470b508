"""Reads what lies in a message of SNS: alarms, findings, other events, any text; and its confirmations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson

from tocsin.connectors.aws_alarms import alarm_reports, is_alarm_message
from tocsin.connectors.aws_events import read_eventbridge
from tocsin.connectors.hook import Errand, HookRequest, KeyedReport, ReadHook, digest_of, keyed
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import LONGEST_TEXT, label, line_of, text, word
from tocsin.connectors.plain import one_line, paragraphs
from tocsin.connectors.refusal import NotJson

LIVES = timedelta(hours=24)
"""A text without an end is an alert for this long."""


def read_message(message: dict[str, Any], now: datetime) -> ReadHook:
    """Read one proved message of any of SNS's three types."""
    kind, message_id = word(message, "Type"), word(message, "MessageId")
    if kind == "SubscriptionConfirmation":
        args = {"url": word(message, "SubscribeURL"), "topic": word(message, "TopicArn")}
        return ReadHook(errands=(Errand(key=f"sns:{message_id}", args=args),))
    topic = _topic(word(message, "TopicArn"))
    if kind == "UnsubscribeConfirmation":
        return ReadHook(reports=(_unsubscribed(topic, now),))
    inner = _inner(word(message, "Message"))
    if inner is not None and is_alarm_message(inner):
        return ReadHook(reports=alarm_reports(inner, now), signals=(line_of(inner),))
    if inner is not None and word(inner, "detail-type"):
        return read_eventbridge(inner, now)
    title = label(message, "Subject") or one_line(word(message, "Message"), limit=120)
    said = text(message, "Message")
    return ReadHook(
        reports=(_text(message_id, title, said, topic, event_instant(message.get("Timestamp")), now),)
    )


def read_raw(request: HookRequest) -> ReadHook:
    """Read a message that came without its envelope."""
    inner = _inner(request.body.decode("utf-8", "replace"))
    if inner is not None and is_alarm_message(inner):
        return ReadHook(reports=alarm_reports(inner, request.now), signals=(line_of(inner),))
    if inner is not None and word(inner, "detail-type"):
        return read_eventbridge(inner, request.now)
    said = request.body.decode("utf-8", "replace")
    title, body = one_line(said, limit=120), paragraphs(said, limit=LONGEST_TEXT)
    key = digest_of(request.body, request.now.isoformat())[:32]
    return ReadHook(reports=(_text(key, title, body, request.source, None, request.now),))


def _text(key: str, title: str, said: str, topic: str, begun: datetime | None, now: datetime) -> KeyedReport:
    labels = {"alertname": title or "SNS message", "topic": topic}
    annotations = {"summary": title, "description": said}
    return keyed(key, labels, annotations, begun=begun, ended=now + LIVES)


def _unsubscribed(topic: str, now: datetime) -> KeyedReport:
    labels = {"alertname": "SnsUnsubscribed", "topic": topic, "severity": "warning"}
    summary = f"The topic {topic} was unsubscribed: nothing more is heard from it."
    return keyed(f"unsubscribed/{topic}", labels, {"summary": summary}, ended=now + LIVES)


def _inner(message: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(message)
    except (orjson.JSONDecodeError, NotJson):
        return None
    return found if isinstance(found, dict) else None


def _topic(arn: str) -> str:
    return one_line(arn.rpartition(":")[2], limit=256)
