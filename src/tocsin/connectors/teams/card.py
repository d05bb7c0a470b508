"""Turns a message into an Adaptive Card for Teams, within its limits and with every foreign text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.connectors.phase import Phase, phase_of
from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message

LONGEST_BODY_BYTES = 28 * 1024
"""From https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using."""
VERSION = "1.4"
"""The newest version of cards that Teams shows on phones as well."""
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"

_LONGEST_TITLE = 300
_LONGEST_TEXT = 8000
_LONGEST_FACT = 400
_MOST_FACTS = 40
_MARKS = re.compile(r"([\\`*_~\[\]()#>|])")
_STARTS = re.compile(r"^(\s*)([-+]|\d+[.)])", re.MULTILINE)
_COLOURS = {Phase.OPEN: "attention", Phase.ACKNOWLEDGED: "warning", Phase.RESOLVED: "good"}
_SHOWN = {Phase.OPEN: "", Phase.ACKNOWLEDGED: "Acknowledged: ", Phase.RESOLVED: "Resolved: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card shows; `links` are (words, URL) of its buttons, `colour` one of the cards' own words.

    The text `is_markdown` where people wrote it as such, in a template of theirs.
    """

    title: str
    text: str
    colour: str = "default"
    facts: Sequence[tuple[str, str]] = ()
    links: Sequence[tuple[str, str]] = ()
    is_markdown: bool = False


def card_of(message: Message) -> Card:
    """Return the card of a message; its buttons open links, because a workflow cannot ask back."""
    phase = phase_of(message)
    opening = "Acknowledge" if message.is_page else "Open"
    return Card(
        title=_SHOWN[phase] + title_of(message, limit=_LONGEST_TITLE - 20),
        text=message.text,
        colour=_COLOURS[phase],
        facts=message.fields,
        links=((opening, message.link), ("Runbook", message.runbook_url)),
    )


def written(card: Card) -> bytes:
    """Return the body that a workflow takes; facts and text are shortened until it fits."""
    for facts, text in ((_MOST_FACTS, _LONGEST_TEXT), (_MOST_FACTS // 4, _LONGEST_TEXT // 2), (0, 2000)):
        body = orjson.dumps(_envelope(card, facts=facts, longest=text))
        if len(body) <= LONGEST_BODY_BYTES:
            break
    return body


def escaped(text: str) -> str:
    """Escape what Teams takes for Markdown, a mention or a function of the card (`{{DATE(...)}}`)."""
    return _STARTS.sub(r"\1\\\2", _MARKS.sub(r"\\\1", quiet(text)))


def quiet(text: str) -> str:
    """Take mentions and functions out of Markdown, which both act when they are shown."""
    return text.replace("{{", "{ {").replace("<at", "< at")


def _envelope(card: Card, *, facts: int, longest: int) -> dict[str, Any]:
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "msteams": {"width": "Full"},
        "body": _body(card, facts, longest),
        "actions": [
            {"type": "Action.OpenUrl", "title": words, "url": url}
            for words, url in card.links
            if is_web_link(url) and len(url) <= 2000
        ],
    }
    attachment = {"contentType": CONTENT_TYPE, "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def _body(card: Card, facts: int, longest: int) -> list[dict[str, Any]]:
    title = escaped(one_line(card.title, limit=_LONGEST_TITLE))
    words = paragraphs(card.text, limit=longest)
    text = quiet(words) if card.is_markdown else escaped(words).replace("\n", "\n\n")
    shown = [
        {"title": escaped(one_line(name, limit=80)), "value": escaped(one_line(value, limit=_LONGEST_FACT))}
        for name, value in card.facts[:facts]
    ]
    heading = {"type": "TextBlock", "text": title, "weight": "bolder", "size": "large"}
    return [
        heading | {"color": card.colour, "wrap": True},
        *([{"type": "TextBlock", "text": text, "wrap": True}] if text else []),
        *([{"type": "FactSet", "facts": shown}] if shown else []),
    ]
