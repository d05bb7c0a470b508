"""Runs the syslog server on an event loop of its own, in the thread of a loop of the worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tocsin.connectors.syslog.server import SyslogServer

SLICE_S = 0.5


@dataclass(slots=True)
class Listening:
    """One round serves for half a second; between rounds the worker may stop it."""

    server: SyslogServer
    slice_s: float = SLICE_S
    _loop: asyncio.AbstractEventLoop | None = field(default=None)

    def round(self) -> float:
        """Serve for a while; asks to be called again at once. Raises `Misconfigured` for a taken port."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self.server.serve_for(self.slice_s))
        return 0.0

    def close(self) -> None:
        """Keep what was read, and close the doors."""
        if self._loop is not None:
            self._loop.run_until_complete(self.server.close())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            self._loop = None
