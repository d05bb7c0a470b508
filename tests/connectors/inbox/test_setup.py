"""The Inbox channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.inbox.channel import InboxChannel
from tocsin.connectors.inbox.setup import build
from tocsin.domain.clock import SystemClock

CLOCK = SystemClock()


def test_the_inbox_is_made_of_the_store_alone() -> None:
    store: Any = object()
    made = build({}, CLOCK, store)
    assert made == InboxChannel(store, CLOCK)
