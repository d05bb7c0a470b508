"""Spreads notices to one channel over time; Slack takes about one message a second there."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

# From https://docs.slack.dev/apis/web-api/rate-limits: one message a second a channel, short bursts allowed.
GAP = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
"""A turn that lies further off comes of a clock that stepped back, and counts as come."""
FORGOTTEN_AFTER = timedelta(minutes=10)


@dataclass(slots=True)
class Pace:
    """Gives each message its second. One that must wait keeps its turn until it comes again.

    The turns are those of this process; that several processes are too fast together, Slack itself says.
    """

    clock: Clock
    _free_at: dict[str, datetime] = field(default_factory=dict)
    _turns: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for_turn(self, address: str, key: str) -> None:
        """Return if the message may leave now. Raises `DeliveryFailed` with the seconds until its turn."""
        now = self.clock.now()
        with self._lock:
            self._forget(now)
            turn = self._turns.pop(key, None)
            if turn is None:
                turn = max(now, self._free_at.get(address, now))
                turn = now if turn - now > LONGEST_WAIT else turn
                self._free_at[address] = turn + GAP
            if turn <= now or turn - now > LONGEST_WAIT:
                return
            self._turns[key] = turn
        wait = (turn - now).total_seconds()
        reason = "Slack takes one message a second in a channel, and others are before this one"
        raise DeliveryFailed(FailureKind.RETRY_LATER, reason, retry_after_s=wait)

    def _forget(self, now: datetime) -> None:
        oldest = now - FORGOTTEN_AFTER
        for memory in (self._free_at, self._turns):
            for name in [name for name, at in memory.items() if at < oldest]:
                del memory[name]
