"""Turns a message into Slack's blocks, within Slack's limits and with every foreign text escaped."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from tocsin.connectors.phase import Phase, phase_of
from tocsin.connectors.plain import CUT, is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message

# The limits are from https://docs.slack.dev/reference/block-kit/blocks and .../block-elements/button-element.
LONGEST_HEADER = 150
LONGEST_SECTION = 3000
LONGEST_URL = 3000
LONGEST_VALUE = 2000
LONGEST_FALLBACK = 4000
"""Slack recommends at most 4,000 characters of `text` and cuts beyond 40,000."""

ACKNOWLEDGE = "acknowledge"
ESCALATE = "escalate"
NOTE = "note"
"""The `action_id` of the buttons whose press Slack reports to us; their `value` is the incident (`INC-7`)."""
OPEN = "open"
RUNBOOK = "runbook"
"""The `action_id` of the buttons that only open a link; Slack reports their press too, with nothing to do."""
ACTIONS_BLOCK = "tocsin_actions"
EVENT_TYPE = "tocsin_message"
"""The type of the metadata in which a message carries its key and its page."""

_LONGEST_FIELD = 400
_MARKS = "*_~`"
_APART = "\u200b"
_SHOWN = {Phase.OPEN: "", Phase.ACKNOWLEDGED: "Acknowledged: ", Phase.RESOLVED: "Resolved: "}


def content_of(message: Message, *, interactive: bool) -> dict[str, Any]:
    """Return text, blocks and metadata: what `chat.postMessage`, `chat.update` and webhooks have in common.

    Slack has no idempotency key: the message's key travels in `metadata`, by which a repeat can be found.
    Links are not unfurled, so that Slack's servers do not open a link that acknowledges. `interactive` adds
    the buttons that need signed requests from Slack to be answered.
    """
    return {
        "text": _escaped(_SHOWN[phase_of(message)] + title_of(message, limit=1000), LONGEST_FALLBACK),
        "blocks": [*_words(message), *_actions(message, interactive=interactive)],
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {
            "event_type": EVENT_TYPE,
            "event_payload": {"key": message.key, "page": message.page_id, "incident": message.incident},
        },
    }


def _words(message: Message) -> list[dict[str, Any]]:
    shown = _SHOWN[phase_of(message)]
    longest = LONGEST_HEADER // 2 if _has_wide(message.subject) else LONGEST_HEADER
    title = shown + title_of(message, limit=longest - len(shown))
    text = _escaped(paragraphs(message.text, limit=LONGEST_SECTION), LONGEST_SECTION)
    return [
        {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
        *(
            {"type": "section", "text": {"type": "mrkdwn", "text": words}}
            for words in (text, _escaped_facts(message))
            if words
        ),
    ]


def _actions(message: Message, *, interactive: bool) -> list[dict[str, Any]]:
    """Return the row of buttons that fits how far the incident is; none if there is nothing to press."""
    opening = "Open" if interactive or not message.is_page else "Acknowledge"
    is_first = not interactive or phase_of(message) is Phase.RESOLVED
    links = [
        _link(OPEN, opening, message.link, is_first=is_first),
        _link(RUNBOOK, "Runbook", message.runbook_url, is_first=False),
    ]
    buttons = _asking(message) if interactive else []
    elements = [*buttons, *(link for link in links if link)]
    return [{"type": "actions", "block_id": ACTIONS_BLOCK, "elements": elements}] if elements else []


def _asking(message: Message) -> list[dict[str, Any]]:
    """Return the buttons whose press Slack reports: who resolved has nothing to ask any more."""
    phase = phase_of(message)
    value = one_line(message.incident, limit=LONGEST_VALUE)
    if phase is Phase.RESOLVED or not value:
        return []
    buttons = []
    if phase is Phase.OPEN:
        buttons.append(_button(ACKNOWLEDGE, "Acknowledge") | {"value": value, "style": "primary"})
    sure = {
        "title": {"type": "plain_text", "text": "Escalate?"},
        "text": {"type": "plain_text", "text": "The next person of the escalation policy is called at once."},
        "confirm": {"type": "plain_text", "text": "Escalate"},
        "deny": {"type": "plain_text", "text": "Cancel"},
    }
    buttons.append(_button(ESCALATE, "Escalate") | {"value": value, "style": "danger", "confirm": sure})
    buttons.append(_button(NOTE, "Add note") | {"value": value})
    return buttons


def _has_wide(text: str) -> bool:
    """Say whether some characters count twice for Slack (UTF-16, as in JavaScript)."""
    return any(ord(letter) > 0xFFFF for letter in text[: 2 * LONGEST_HEADER])


def _escaped_facts(message: Message) -> str:
    """Return the fields one a line, as many as fit in a section."""
    lines: list[str] = []
    room = LONGEST_SECTION
    for name, value in message.fields:
        shown = _escaped(one_line(value, limit=_LONGEST_FIELD), 2 * _LONGEST_FIELD)
        line = f"*{_escaped(one_line(name, limit=80), 160)}:* {shown}"
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def _button(action: str, words: str) -> dict[str, Any]:
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": words}}


def _link(action: str, words: str, url: str, *, is_first: bool) -> dict[str, Any] | None:
    """Return a link button; none for what is no web link or too long for one."""
    if not is_web_link(url) or len(url) > LONGEST_URL:
        return None
    button = _button(action, words) | {"url": url}
    return button | {"style": "primary"} if is_first else button


def _escaped(text: str, limit: int) -> str:
    """Escape Slack's control characters, so that no text mentions or links; cut between characters."""
    pieces = [_escape(text, place) for place in range(len(text))]
    if sum(map(_width, pieces)) <= limit:
        return "".join(pieces)
    used = accumulate(map(_width, pieces))
    return "".join(piece for piece, so_far in zip(pieces, used, strict=True) if so_far < limit) + CUT


def _escape(text: str, place: int) -> str:
    """Return one character so that it means nothing to Slack, which knows no escape for its marks of style.

    A mark takes effect only at the edge of a word, where it is set apart by spaces without a width; one
    within a word (`pod_name`) stays as it is, so that names can be copied.
    """
    letter = text[place]
    if letter in _MARKS:
        is_within = text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
        return letter if is_within and letter != "`" else f"{_APART}{letter}{_APART}"
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter, letter)


def _width(piece: str) -> int:
    """Count as JavaScript does; characters beyond the basic plane are two."""
    return 2 if piece > "\uffff" else len(piece)
