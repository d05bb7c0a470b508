"""Makes the sms and the voice channel from their settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.secret import Secret
from tocsin.connectors.twilio.client import TwilioAccount
from tocsin.connectors.twilio.sms import SmsChannel
from tocsin.connectors.twilio.voice import VoiceChannel
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build_sms(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel of text messages. Clock and store are not needed here."""
    return SmsChannel(account_of(values), values["TOCSIN_TWILIO_FROM"], values["TOCSIN_PUBLIC_URL"])


def build_voice(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel of calls. Clock and store are not needed here."""
    return VoiceChannel(account_of(values), values["TOCSIN_TWILIO_FROM"], values["TOCSIN_PUBLIC_URL"])


def account_of(values: Mapping[str, str]) -> TwilioAccount:
    """Return the account; requests are signed with its first token, callbacks checked against all."""
    tokens = tuple(Secret(part.strip()) for part in values["TOCSIN_TWILIO_TOKEN"].split(",") if part.strip())
    return TwilioAccount(values["TOCSIN_TWILIO_ACCOUNT"], tokens, values["TOCSIN_TWILIO_URL"])
