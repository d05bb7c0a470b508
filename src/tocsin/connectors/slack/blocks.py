"""Turns a message into Slack's blocks, within Slack's limits and with every foreign text escaped."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from tocsin.connectors.plain import CUT, is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message

# The limits are from https://docs.slack.dev/reference/block-kit/blocks and .../block-elements/button-element.
LONGEST_HEADER = 150
LONGEST_SECTION = 3000
LONGEST_URL = 3000
LONGEST_FALLBACK = 4000
"""Slack recommends at most 4,000 characters of `text` and cuts beyond 40,000."""

_LONGEST_FIELD = 400


def payload_of(message: Message, channel: str) -> dict[str, Any]:
    """Return the body of `chat.postMessage`.

    Slack has no idempotency key: the message's key travels in `metadata`, by which a repeat can be found.
    Links are not unfurled, so that Slack's servers do not open a link that acknowledges.
    """
    return {
        "channel": channel,
        "text": _escaped(title_of(message, limit=1000), LONGEST_FALLBACK),
        "blocks": _blocks(message),
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "tocsin_message", "event_payload": {"key": message.key}},
    }


def _blocks(message: Message) -> list[dict[str, Any]]:
    longest = LONGEST_HEADER // 2 if _has_wide(message.subject) else LONGEST_HEADER
    title = title_of(message, limit=longest)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    ]
    text = _escaped(paragraphs(message.text, limit=LONGEST_SECTION), LONGEST_SECTION)
    facts = _escaped_facts(message)
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": words}} for words in (text, facts) if words
    ]
    buttons = [
        _button("open", "Acknowledge" if message.is_page else "Open", message.link, is_first=True),
        _button("runbook", "Runbook", message.runbook_url, is_first=False),
    ]
    elements = [button for button in buttons if button]
    if elements:
        blocks.append({"type": "actions", "elements": elements})
    return blocks


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


def _button(action: str, words: str, url: str, *, is_first: bool) -> dict[str, Any] | None:
    """Return a link button; none for what is no web link or too long for one."""
    if not is_web_link(url) or len(url) > LONGEST_URL:
        return None
    button = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": words},
        "url": url,
    }
    return button | {"style": "primary"} if is_first else button


def _escaped(text: str, limit: int) -> str:
    """Escape Slack's control characters, so that no text mentions or links; cut between characters."""
    pieces = [_escape(letter) for letter in text]
    if sum(map(_width, pieces)) <= limit:
        return "".join(pieces)
    used = accumulate(map(_width, pieces))
    return "".join(piece for piece, so_far in zip(pieces, used, strict=True) if so_far < limit) + CUT


def _escape(letter: str) -> str:
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter, letter)


def _width(piece: str) -> int:
    """Count as JavaScript does; characters beyond the basic plane are two."""
    return 2 if piece > "\uffff" else len(piece)
