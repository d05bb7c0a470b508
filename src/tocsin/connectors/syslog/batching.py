"""Many connections share one durable append: each waits until what it sent is kept, then reads on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin.domain.errors import Overloaded

log = logging.getLogger("tocsin.syslog")

TRY_AGAIN_S = 1.0
MOST_LINES = 20_000

Append = Callable[[Sequence[bytes]], object]


@dataclass(slots=True)
class Batching:
    """Collects lines and appends them together, in a thread, so that connections go on meanwhile.

    `append` keeps lines durably, all or none; while it raises `Overloaded` they are held and tried again.
    """

    append: Append
    try_again_s: float = TRY_AGAIN_S
    _lines: list[bytes] = field(default_factory=list)
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)
    _filled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_room(self) -> bool:
        """Say whether senders that cannot be held back may still add lines."""
        return len(self._lines) < MOST_LINES

    async def keep(self, lines: Sequence[bytes]) -> None:
        """Return once the lines are durable."""
        if not lines:
            return
        kept = asyncio.get_running_loop().create_future()
        self._lines.extend(lines)
        self._waiting.append(kept)
        self._filled.set()
        await kept

    def add(self, lines: Sequence[bytes]) -> None:
        """Add lines without waiting; for datagrams, whose sender hears nothing anyway."""
        self._lines.extend(lines)
        self._filled.set()

    async def run(self) -> None:
        """Append until cancelled."""
        while True:
            await self._filled.wait()
            await self.flush()

    async def flush(self) -> None:
        """Append what there is."""
        self._filled.clear()
        lines, self._lines = self._lines, []
        waiting, self._waiting = self._waiting, []
        while lines and not await self._appended(lines):
            try:
                await asyncio.sleep(self.try_again_s)
            except asyncio.CancelledError:
                self._lines = lines + self._lines
                raise
        for kept in waiting:
            if not kept.done():
                kept.set_result(None)

    async def _appended(self, lines: list[bytes]) -> bool:
        try:
            await asyncio.to_thread(self.append, lines)
        except Overloaded as full:
            log.error("syslog is held back: %s %s", full.happened, full.next_step)
            return False
        return True
