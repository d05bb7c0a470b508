"""Builds the channels that are set up; a connector's code is imported only where its settings are there."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.app.settings import Settings
from tocsin.connectors.inbox.channel import InboxChannel
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build_channels(settings: Settings, store: Store, clock: Clock) -> Mapping[str, Channel]:
    """Return the channels by name; the Inbox is always there."""
    channels: list[Channel] = [InboxChannel(store, clock)]
    return {channel.name: channel for channel in channels}
