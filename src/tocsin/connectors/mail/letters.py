"""Reads a mail as an alert: the subject without its state is what begins and ends."""

from __future__ import annotations

import re
from datetime import timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from html.parser import HTMLParser

from tocsin.connectors.hook import HookRequest, ReadHook, digest_of, keyed
from tocsin.connectors.leaves import LONGEST_TEXT
from tocsin.connectors.plain import one_line, paragraphs
from tocsin.connectors.refusal import UnknownFormat

LIVES = timedelta(hours=24)
"""A mail seldom says its end; an alert by mail is over after a day at the latest."""
LONGEST_SUBJECT = 200

_OVER = re.compile(r"\W*\b(?:resolved|recovered|recovery|closed|cleared|ok|up)\b\W*", re.IGNORECASE)
_BEGUN = re.compile(r"\W*\b(?:firing|alert|alarm|problem|triggered|down|new)\b\W*", re.IGNORECASE)
_REPLY = re.compile(r"(?:\s*(?:re|fwd?|aw|wg)\s*:)+\s*", re.IGNORECASE)
_SEVERITY = re.compile(r"\b(P[1-4]|critical|emergency|high|error|warning|medium|low|info)\b", re.IGNORECASE)
_URGENT = frozenset({"1", "2", "high", "urgent"})


def message_id(body: bytes) -> str:
    """Return a mail's Message-ID, empty where it has none."""
    return _header(_parsed(body), "message-id")[:500]


def read_letter(request: HookRequest) -> ReadHook:
    """Read one mail. Raises `UnknownFormat` for one without a subject."""
    letter = _parsed(request.body)
    subject = _REPLY.sub("", one_line(_header(letter, "subject"), limit=LONGEST_SUBJECT), count=1)
    if not subject:
        raise UnknownFormat("The mail has no subject, so it cannot be told what it is about.")
    over = _OVER.match(subject)
    state = over or _BEGUN.match(subject)
    about = (subject[state.end() :] if state else subject) or subject
    key = digest_of(about.lower())[:24]
    if over:
        return ReadHook(reports=(keyed(key, {}, {"summary": subject}, ended=request.now),))
    labels = {"alertname": about, "severity": _severity(letter, subject)}
    annotations = {"summary": subject, "description": paragraphs(_text(letter), limit=LONGEST_TEXT)}
    return ReadHook(reports=(keyed(key, labels, annotations, ended=request.now + LIVES),))


def _severity(letter: EmailMessage, subject: str) -> str:
    named = _SEVERITY.search(subject)
    if named:
        return named.group(1)
    importance = _header(letter, "x-priority")[:1], _header(letter, "importance").lower()
    return "high" if _URGENT & set(importance) else ""


def _parsed(body: bytes) -> EmailMessage:
    found = BytesParser(policy=default).parsebytes(body)
    assert isinstance(found, EmailMessage)
    return found


def _header(letter: EmailMessage, name: str) -> str:
    """Return a header's text; a hostile one that cannot be read is none."""
    try:
        return str(letter.get(name, "") or "").strip()
    except (MessageError, ValueError, IndexError, AttributeError):
        return ""


def _text(letter: EmailMessage) -> str:
    try:
        part = letter.get_body(preferencelist=("plain", "html"))
        content = part.get_content() if part is not None else ""
        is_html = part is not None and part.get_content_subtype() == "html"
    except (MessageError, LookupError, ValueError, AttributeError):
        return ""
    if not isinstance(content, str):
        return ""
    return _without_marks(content) if is_html else content


class _Words(HTMLParser):
    """Keeps what a person would read."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Leave out what is no text; blocks begin a line."""
        self._hidden += tag in ("script", "style", "head")
        self.words.append("\n" if tag in ("p", "br", "div", "tr", "li") else "")

    def handle_endtag(self, tag: str) -> None:
        """Come back to text."""
        self._hidden -= self._hidden > 0 and tag in ("script", "style", "head")

    def handle_data(self, words: str) -> None:
        """Keep the text."""
        if not self._hidden:
            self.words.append(words)


def _without_marks(html: str) -> str:
    words = _Words()
    words.feed(html[: 10 * LONGEST_TEXT])
    return "".join(words.words)
