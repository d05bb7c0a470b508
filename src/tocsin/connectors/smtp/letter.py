"""Writes a message as a mail: plain text, headers that cannot be injected, an id that stays over retries."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tocsin.connectors.plain import is_web_link, one_line, paragraphs, title_of
from tocsin.domain.page import Message

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
_LONGEST_FIELD = 400

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
"""The form that HTML's own mail field accepts (a deliberate part of RFC 5322), with RFC 5321's lengths."""


_ID = re.compile(r"<[A-Za-z0-9._-]{1,100}@[A-Za-z0-9.-]{1,255}>")
"""A Message-ID as we make them; what is no such id does not get into a header."""


def is_mail_address(text: str) -> bool:
    """Say whether the text is exactly one plain mail address."""
    return _ADDRESS.fullmatch(text) is not None and ".." not in text


def letter_of(message: Message, sender: str, receiver: str, now: datetime) -> EmailMessage:
    """Write the mail. Both addresses were checked by `is_mail_address`.

    `Message-ID` comes from the message's key: a repeat after a crash is the same mail to whoever honours it.
    All mails of an incident refer to one id, so they form one thread; a follow-up answers the mail before it.
    """
    domain = sender.rpartition("@")[2]
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    letter["To"] = receiver
    letter["Subject"] = title_of(message, limit=LONGEST_SUBJECT)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = _id_of("message", message.key, domain)
    thread = _id_of("incident", message.incident_key or message.incident, domain)
    if _ID.fullmatch(message.thread) and message.thread != letter["Message-ID"]:
        letter["In-Reply-To"] = message.thread
        thread = f"{thread} {message.thread}"
    letter["References"] = thread
    letter["Auto-Submitted"] = "auto-generated"
    if message.is_page:
        letter["Importance"] = "high"
    letter.set_content(_text_of(message), cte="quoted-printable")
    return letter


def _id_of(kind: str, key: str, domain: str) -> str:
    digest = hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "replace")).hexdigest()
    return f"<{kind}-{digest[:40]}@{domain}>"


def _text_of(message: Message) -> str:
    facts = "\n".join(
        f"{one_line(name, limit=80)}: {one_line(value, limit=_LONGEST_FIELD)}"
        for name, value in message.fields[:50]
    )
    link = (
        f"{'Acknowledge' if message.is_page else 'Open'}: {message.link}" if is_web_link(message.link) else ""
    )
    runbook = f"Runbook: {message.runbook_url}" if is_web_link(message.runbook_url) else ""
    text = paragraphs(message.text, limit=LONGEST_TEXT)
    return "\n\n".join(part for part in (link, text, facts, runbook) if part) + "\n"
