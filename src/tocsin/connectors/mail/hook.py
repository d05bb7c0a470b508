"""Proves a mail by the key in its address; who it says it is from proves nothing and is not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.connectors.hook import (
    HookRequest,
    HookSecret,
    ReadHook,
    Verified,
    digest_of,
    token_of,
    verify_token,
)
from tocsin.connectors.mail.letters import message_id, read_letter


@dataclass(frozen=True, slots=True)
class MailHook:
    """One mail as its bytes; the door of SMTP puts the key of the address into the token's header."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: a mail is a mail."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return the key."""
        return token_of(request.headers)

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Compare the key; a mail is known by its Message-ID, else by its bytes. Raises `Forged`."""
        proved = verify_token(self.token(request), secrets)
        own = message_id(request.body)
        return Verified(secret=proved, replay_key=digest_of(request.source, own or request.body))

    def read(self, request: HookRequest) -> ReadHook:
        """Read the mail. Raises `BodyRefused` for one without a subject or any text."""
        return read_letter(request)


HOOK = MailHook()
