"""Makes the Statuspage channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.secret import Secret
from tocsin.connectors.statuspage.channel import StatuspageChannel
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel. Clock and store are not needed here."""
    return StatuspageChannel(Secret(values["TOCSIN_STATUSPAGE_KEY"]), values["TOCSIN_STATUSPAGE_URL"])
