"""Turns a message into an alert of Jira Service Management, within its limits."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message

# The limits are those of Opsgenie's alerts, which these are: https://docs.opsgenie.com/docs/alert-api, and
# https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events.
LONGEST_MESSAGE = 130
LONGEST_ALIAS = 250
"""512 are allowed; longer ones than this make a path that proxies refuse."""
LONGEST_DESCRIPTION = 15_000
LONGEST_DETAILS = 8000
LONGEST_ENTITY = 512
LONGEST_TAG = 50
MOST_TAGS = 20
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
RESPONDERS = ("team", "user", "escalation", "schedule")

_LONGEST_FIELD = 400
_ALIAS = re.compile(r"[A-Za-z0-9_.:@+-]+")


def alert_of(message: Message) -> dict[str, Any]:
    """Return the alert. The same alias again does not make a second one while the first is open."""
    details = _details(message)
    alert = {
        "message": title_of(message, limit=LONGEST_MESSAGE),
        "alias": alias_of(message.incident_key or message.incident or message.key),
        "description": paragraphs(_description(message), limit=LONGEST_DESCRIPTION),
        "details": details,
        "tags": tags_of([message.severity, details.get("Type", "")]),
        "entity": one_line(details.get("Affected", ""), limit=LONGEST_ENTITY),
        "source": "Tocsin",
    }
    return alert | ({"priority": message.severity} if message.severity in PRIORITIES else {})


def alias_of(key: str) -> str:
    """Return what names the alert at the partner: the key, or its digest where a path could not hold it."""
    is_fit = len(key) <= LONGEST_ALIAS and _ALIAS.fullmatch(key) is not None
    return key if is_fit else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def responder_of(text: str) -> dict[str, str]:
    """Read `team:<id or name>`; a word of 36 characters with hyphens is an id. Raises `ValueError`."""
    kind, _, who = text.partition(":")
    if kind not in RESPONDERS or not who:
        raise ValueError("it is none of team:, user:, escalation: and schedule: with an id or a name")
    named = "username" if kind == "user" else "name"
    return {"type": kind, "id" if len(who) == 36 and who.count("-") == 4 else named: who}


def tags_of(words: list[str]) -> list[str]:
    """Return the words as tags, each once, those that are empty left out."""
    shown = (one_line(word, limit=LONGEST_TAG) for word in words)
    return [tag for tag in dict.fromkeys(shown) if tag][:MOST_TAGS]


def _description(message: Message) -> str:
    links = (("Open in Tocsin", message.link), ("Runbook", message.runbook_url))
    shown = [f"{name}: {url}" for name, url in links if is_web_link(url)]
    return "\n".join([*shown, "", paragraphs(message.text, limit=LONGEST_DESCRIPTION)])


def _details(message: Message) -> dict[str, str]:
    """Return as many facts as fit."""
    kept: dict[str, str] = {}
    room = LONGEST_DETAILS
    for name, value in message.fields:
        shown, text = one_line(name, limit=80), one_line(value, limit=_LONGEST_FIELD)
        room -= len(shown) + len(text)
        if room < 0:
            break
        kept |= {shown: text} if shown else {}
    return kept
