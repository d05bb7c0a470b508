"""The SMTP door: a mail is accepted only once it is kept, and refused for good only if it is forged."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.domain.errors import Explained, Misconfigured, NotFound, Overloaded

log = logging.getLogger("tocsin.mail")

MOST_BYTES = 5 * 1024 * 1024
MOST_RECIPIENTS = 10
ADDRESS = re.compile(r"([a-z0-9][a-z0-9._-]{0,63})\+([A-Za-z0-9_-]{8,80})@[^\s@]{1,255}")
KEPT = "250 2.0.0 Kept"
LATER = "451 4.3.0 Nothing was kept; send it again later"
NOBODY = "550 5.1.1 There is no such address"

Hear = Callable[[str, str, bytes, str], object]
"""Takes source, key, the mail's bytes and the sender's address. Raises `Explained`."""
Refuse = Callable[[str], object]
"""Writes down whose mail was to an address that is none of ours. Raises `Overloaded`."""


@dataclass(frozen=True, slots=True)
class Door:
    """Answers an SMTP session; the names are aiosmtpd's. A key is looked at only with the mail."""

    hear: Hear
    refuse: Refuse

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address of the form SOURCE+KEY@anything, and few of them."""
        if ADDRESS.fullmatch(address) is None:
            return await asyncio.to_thread(self._refused, _peer(session))
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Continue"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail for each address; only then it is accepted."""
        content = envelope.content
        body = content.encode() if isinstance(content, str) else content or b""
        answers = [
            await asyncio.to_thread(self._kept, each, body, _peer(session)) for each in envelope.rcpt_tos
        ]
        return next((answer for answer in (LATER, NOBODY) if answer in answers), KEPT)

    def _refused(self, sender: str) -> str:
        try:
            self.refuse(sender)
        except Overloaded:
            return LATER
        return NOBODY

    def _kept(self, address: str, body: bytes, sender: str) -> str:
        found = ADDRESS.fullmatch(address)
        if found is None:
            return NOBODY
        try:
            self.hear(found.group(1), found.group(2), body, sender)
        except Overloaded:
            return LATER
        except NotFound:
            return NOBODY
        except Explained as refused:
            log.warning("a mail from %s was refused: %s", sender, refused.code)
            return NOBODY
        return KEPT


def _peer(session: Session) -> str:
    return str(session.peer[0]) if session.peer else ""


@dataclass(slots=True)
class MailServer:
    """Listens in a thread of its own, from the first round on."""

    host: str
    port: int
    hear: Hear
    refuse: Refuse
    _controller: Controller | None = field(default=None)

    def round(self) -> float:
        """Open the door if it is closed, and rest. Raises `Misconfigured`."""
        if self._controller is None:
            controller = Controller(
                Door(self.hear, self.refuse),
                hostname=self.host,
                port=self.port,
                data_size_limit=MOST_BYTES,
                enable_SMTPUTF8=True,
                ident="Tocsin",
            )
            try:
                controller.start()
            except (OSError, TimeoutError) as error:
                raise Misconfigured(
                    f"The mail door cannot be opened on {self.host}:{self.port}: {error}.",
                    means="No mail is heard; everything else goes on, and it is tried again.",
                    next_step="Choose another TOCSIN_MAIL_PORT or TOCSIN_MAIL_HOST.",
                ) from error
            self._controller = controller
        return 1.0

    def close(self) -> None:
        """Close the door; what was accepted is kept."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
