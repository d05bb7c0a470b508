"""Makes the ntfy channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.ntfy.channel import NtfyChannel
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel. Clock and store are not needed here."""
    return NtfyChannel(values["TOCSIN_NTFY_URL"], Secret(values["TOCSIN_NTFY_TOKEN"]))
