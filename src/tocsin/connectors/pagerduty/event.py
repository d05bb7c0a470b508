"""Turns a message into an event of PagerDuty's Events API v2, within its limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from tocsin.connectors.phase import Phase, phase_of
from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message

# The limits are from https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ and .../overview/.
LONGEST_SUMMARY = 1024
LONGEST_DEDUP_KEY = 255
LONGEST_EVENT_BYTES = 524_288

SEVERITIES: Mapping[str, str] = {"P1": "critical", "P2": "error", "P3": "warning", "P4": "info"}
"""PagerDuty knows four words; what is not on our scale is told as critical rather than too little."""

_ACTIONS = {Phase.OPEN: "trigger", Phase.ACKNOWLEDGED: "acknowledge", Phase.RESOLVED: "resolve"}
_LONGEST_TEXT = 20_000
_LONGEST_FIELD = 1000
_MOST_FIELDS = 50
TOO_LONG = {"error": "Left out: the event would have been longer than PagerDuty takes (512 KB)."}


def event_of(message: Message) -> dict[str, Any]:
    """Return the event without its routing key. It always has a `dedup_key`, by which it can be ended.

    All messages of an incident have the same one: a trigger with a known key changes the alert there is.
    """
    facts = {one_line(name, limit=80): one_line(value, limit=_LONGEST_FIELD) for name, value in _few(message)}
    event = {
        "event_action": _ACTIONS[phase_of(message)],
        "dedup_key": dedup_key(message),
        "client": "Tocsin",
        "links": _links(message),
        "payload": {
            "summary": title_of(message, limit=LONGEST_SUMMARY),
            "source": facts.get("Affected") or "Tocsin",
            "severity": SEVERITIES.get(message.severity, "critical"),
            "class": facts.get("Type", ""),
            "custom_details": facts | {"text": paragraphs(message.text, limit=_LONGEST_TEXT)},
        },
    }
    return event | ({"client_url": message.link} if is_web_link(message.link) else {})


def written(event: Mapping[str, Any]) -> bytes:
    """Return the event as JSON; one that is too long loses its details, which are what makes it long."""
    body = orjson.dumps(event)
    if len(body) <= LONGEST_EVENT_BYTES or "payload" not in event:
        return body
    return orjson.dumps({**event, "payload": {**event["payload"], "custom_details": TOO_LONG}})


def dedup_key(message: Message) -> str:
    """Return the incident's key, or what names the incident best where it has none; never empty."""
    key = one_line(message.incident_key or message.incident or message.key, limit=4 * LONGEST_DEDUP_KEY)
    return key if 0 < len(key) <= LONGEST_DEDUP_KEY else hashlib.sha256(key.encode()).hexdigest()


def _links(message: Message) -> list[dict[str, str]]:
    named = (("Open in Tocsin", message.link), ("Runbook", message.runbook_url))
    return [{"href": url, "text": text} for text, url in named if is_web_link(url)]


def _few(message: Message) -> tuple[tuple[str, str], ...]:
    return message.fields[:_MOST_FIELDS]
