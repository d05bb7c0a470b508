"""Writes text for Jira: a document for Cloud (API v3), a text with its marks escaped for Data Center (v2)."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.plain import is_web_link, one_line, paragraphs
from tocsin.domain.page import Message

# From https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ and Jira's own limit of a
# text field (jira.text.field.character.limit).
LONGEST_TEXT = 32_767
_LONGEST_PART = 20_000
_LONGEST_FIELD = 400
_MOST_FIELDS = 40
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\{[!|~"})
"""What begins a macro, a link, a mention, a picture or a table in wiki text."""

Node = dict[str, Any]


def document_of(message: Message, mark: str) -> Node:
    """Return the message as an Atlassian document. Text in it is plain, whatever it holds.

    `mark` is a word at the end by which a repeat of this very message is recognised.
    """
    parts = [_paragraph([_text(line)]) for line in _lines(message)]
    parts += [_paragraph([_text(name, "strong"), _text(f": {value}")]) for name, value in _facts(message)]
    parts += [_paragraph([_text(f"{name}: "), _link(url)]) for name, url in _links(message)]
    return {"type": "doc", "version": 1, "content": [*parts, _paragraph([_text(mark, "code")])]}


def text_of(message: Message, mark: str) -> str:
    """Return the message as wiki text, at most as long as Jira takes, its mark always at the end."""
    lines = [escaped(line) for line in _lines(message)]
    lines += [f"*{escaped(name)}*: {escaped(value)}" for name, value in _facts(message)]
    lines += [f"{name}: {url}" for name, url in _links(message)]
    ending = f"\n{mark}"
    return "\n".join(lines)[: LONGEST_TEXT - len(ending)] + ending


def escaped(text: str) -> str:
    """Escape what wiki text would take for its own."""
    return text.translate(_MARKS)


def plain_document(text: str) -> Node:
    """Return a text of several lines as a document."""
    lines = paragraphs(text, limit=LONGEST_TEXT).split("\n")
    shown = [_paragraph([_text(line)]) for line in lines if line]
    return {"type": "doc", "version": 1, "content": shown or [_paragraph([_text("-")])]}


def _lines(message: Message) -> list[str]:
    return [line for line in paragraphs(message.text, limit=_LONGEST_PART).split("\n") if line.strip()]


def _facts(message: Message) -> list[tuple[str, str]]:
    shown = [
        (one_line(name, limit=80), one_line(value, limit=_LONGEST_FIELD))
        for name, value in message.fields[:_MOST_FIELDS]
    ]
    return [(name, value) for name, value in shown if name]


def _links(message: Message) -> list[tuple[str, str]]:
    named = (("Open in Tocsin", message.link), ("Runbook", message.runbook_url))
    return [(name, url) for name, url in named if is_web_link(url)]


def _paragraph(content: list[Node]) -> Node:
    return {"type": "paragraph", "content": content}


def _text(text: str, *marks: str) -> Node:
    node: Node = {"type": "text", "text": text}
    return node | {"marks": [{"type": mark} for mark in marks]} if marks else node


def _link(url: str) -> Node:
    return {"type": "text", "text": url, "marks": [{"type": "link", "attrs": {"href": url}}]}
