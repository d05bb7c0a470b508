"""Makes the mail channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.secret import Secret
from tocsin.connectors.smtp.channel import SmtpChannel
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel. Raises `Misconfigured` for a wrong setting."""
    return SmtpChannel(Secret(values["TOCSIN_SMTP_URL"]), values["TOCSIN_SMTP_FROM"], clock)
