"""Reads what Twilio asks back with: its signature first, then keys, replies and what became of each."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl

from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret

MOST_FIELDS = 200
_ACKNOWLEDGES = frozenset({"4", "ack", "acknowledge"})
_ESCALATES = frozenset({"5", "esc", "escalate"})
_OPT_OUT = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "start", "unstop", "help"})
"""Twilio itself answers these; see https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out."""


class Act(StrEnum):
    """What a person asked for by a key or a reply."""

    ACKNOWLEDGE = "acknowledge"
    ESCALATE = "escalate"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reply:
    """A text message that came back: from whom, what is asked, and of which incident (0: not said)."""

    sender: str
    act: Act
    incident: int
    message_id: str


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message or a call. `is_failed` says that it reached nobody's telephone."""

    sid: str
    word: str
    code: int | None
    is_failed: bool
    is_final: bool


def form_of(body: bytes) -> Mapping[str, str] | None:
    """Return the fields of a form, None if it is none."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        return None
    return dict(pairs)


def is_signed(url: str, body: bytes, signature: str, tokens: Sequence[Secret]) -> bool:
    """Check `X-Twilio-Signature`: HMAC-SHA1 over the address and the sorted fields, in constant time.

    The rule is from https://www.twilio.com/docs/usage/security#validating-requests; `url` is the one that
    Twilio was given. Any of the tokens may have signed.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        return False
    signed = (url + "".join(name + text for name, text in sorted(set(pairs)))).encode("utf-8", "replace")
    made = (hmac.new(token.reveal().encode(), signed, hashlib.sha1).digest() for token in tokens)
    given = signature.encode("utf-8", "replace")
    fits = [hmac.compare_digest(base64.b64encode(each), given) for each in made]
    return any(fits)


def pressed(form: Mapping[str, str]) -> Act:
    """Return what the key that was pressed asks for."""
    digits = form.get("Digits", "").strip()
    if not digits:
        return Act.NONE
    return {"4": Act.ACKNOWLEDGE, "5": Act.ESCALATE}.get(digits, Act.UNKNOWN)


def reply_of(form: Mapping[str, str]) -> Reply:
    """Read a reply: `4`, `4 12`, `ack INC-12`, `5 12`; in any case of letters."""
    words = form.get("Body", "")[:200].lower().replace("-", " ").split()
    first, rest = (words[0], words[1:]) if words else ("", [])
    numbers = [word for word in rest if word.isascii() and word.isdecimal() and len(word) <= 9]
    act = Act.UNKNOWN
    if first in _ACKNOWLEDGES:
        act = Act.ACKNOWLEDGE
    elif first in _ESCALATES:
        act = Act.ESCALATE
    elif first in _OPT_OUT:
        act = Act.NONE
    return Reply(
        sender=form.get("From", "")[:20],
        act=act,
        incident=int(numbers[0]) if numbers else 0,
        message_id=one_line(form.get("MessageSid", ""), limit=64),
    )


def status_of(form: Mapping[str, str]) -> Status | None:
    """Read a status callback of a message or a call, None if it is neither."""
    word = form.get("MessageStatus") or form.get("CallStatus") or ""
    sid = form.get("MessageSid") or form.get("CallSid") or ""
    if not word or not sid:
        return None
    code = form.get("ErrorCode", "")
    failed = word in ("failed", "undelivered", "busy", "no-answer", "canceled")
    return Status(
        sid=one_line(sid, limit=64),
        word=one_line(word, limit=40),
        code=int(code) if code.isascii() and code.isdecimal() and len(code) <= 9 else None,
        is_failed=failed,
        is_final=failed or word in ("delivered", "completed", "read"),
    )
