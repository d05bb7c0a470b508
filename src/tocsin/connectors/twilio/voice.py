"""Calls by telephone: says what happened, and lets a person press a key; a mailbox presses none."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from tocsin.connectors.plain import one_line, title_of
from tocsin.connectors.twilio.client import TwilioAccount, callback, receiver_of
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import Receipt

LONGEST_TWIML = 4000
"""From https://www.twilio.com/docs/voice/api/call-resource (parameter Twiml)."""
LONGEST_SAID = 400
RINGS_FOR_S = 30
"""Shorter than most mailboxes wait before they answer."""
WAITS_FOR_S = 8
MENU = "Press 4 to acknowledge, 5 to escalate."


@dataclass(frozen=True, slots=True)
class VoiceChannel:
    """Telephone calls as a channel; the address is a telephone number, `sender` ours."""

    account: TwilioAccount
    sender: str
    public_url: str

    @property
    def name(self) -> str:
        return "voice"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Place one call. Twilio knows no idempotency key. Raises `DeliveryFailed`."""
        sid = self.account.create(
            "Calls",
            {
                "To": receiver_of(address),
                "From": self.sender,
                "Twiml": twiml_of(message, callback(self.public_url, "voice", page=message.page_id)),
                "Timeout": str(RINGS_FOR_S),
                "StatusCallback": callback(self.public_url, "status", key=message.key),
            },
        )
        return Receipt(f"call {sid} placed", sid)


def twiml_of(message: Message, action: str) -> str:
    """Return what Twilio says and does. A page is said twice with the menu; a notice is only said."""
    said = escape(_spoken(one_line(title_of(message, limit=LONGEST_SAID), limit=LONGEST_SAID)))
    words = f"<Say>This is Tocsin. {said}</Say>"
    if not message.is_page or not message.page_id:
        return f"<Response>{words}</Response>"
    asked = f"<Say>{said}. {MENU}</Say>"
    gather = (
        f'<Gather input="dtmf" numDigits="1" timeout="{WAITS_FOR_S}" action={quoteattr(action)}>'
        f'{words}{asked}<Pause length="2"/><Say>{MENU}</Say></Gather>'
    )
    return f"<Response>{gather}<Say>No key was pressed. The page stays open.</Say></Response>"


def answered(words: str) -> str:
    """Return TwiML that says how it ended."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Say>{escape(words)}</Say></Response>'


def texted(words: str) -> str:
    """Return TwiML that answers a text message."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(words)}</Message></Response>'


def _spoken(text: str) -> str:
    """Leave out what a voice cannot say, and what TwiML would not take."""
    return "".join(letter if letter.isalnum() or letter in " .,:;-'%/" else " " for letter in text)
