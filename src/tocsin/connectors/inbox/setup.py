"""Makes the Inbox channel from its settings."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.inbox.channel import InboxChannel
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build(values: Mapping[str, str], clock: Clock, store: Store) -> Channel:
    """Return the channel. It needs no setting."""
    return InboxChannel(store, clock)
