"""Writes a page or a notice as one short text message, which can be answered."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.connectors.plain import is_web_link, title_of
from tocsin.connectors.twilio.client import TwilioAccount, callback, receiver_of
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import Receipt

LONGEST_TEXT = 320
"""Twilio advises at most 320 characters: that is two to five parts on the air, each paid for."""
LONGEST_LINK = 180


@dataclass(frozen=True, slots=True)
class SmsChannel:
    """Text messages as a channel; the address is a telephone number. `sender` is a number or `MG...`."""

    account: TwilioAccount
    sender: str
    public_url: str

    @property
    def name(self) -> str:
        return "sms"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Hand over one text message. Twilio knows no idempotency key. Raises `DeliveryFailed`."""
        form = {"To": receiver_of(address), "Body": text_of(message)}
        form["MessagingServiceSid" if self.sender.startswith("MG") else "From"] = self.sender
        form["StatusCallback"] = callback(self.public_url, "status", key=message.key)
        sid = self.account.create("Messages", form)
        return Receipt(f"accepted as {sid}", sid)


def text_of(message: Message) -> str:
    """Return what is sent: the title is cut, never the link nor how to answer."""
    parts = [message.link] if is_web_link(message.link) and len(message.link) <= LONGEST_LINK else []
    if message.is_page:
        number = message.incident.removeprefix("INC-")
        named = f" {number}" if number.isdecimal() else ""
        parts.append(f"Reply 4{named} to acknowledge, 5{named} to escalate.")
    rest = " ".join(parts)
    room = LONGEST_TEXT - len(rest) - (1 if rest else 0)
    return f"{title_of(message, limit=max(room, 20))} {rest}".strip()
