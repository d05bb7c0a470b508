"""Serves by one application until another takes its place, without closing the door in between."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.app.alertmanager import adopt
from tocsin.app.applying import remember_start
from tocsin.app.renewing import follow, nobody_takes_over, take_over_by
from tocsin.app.wiring import App, install
from tocsin.worker.loops import Loop, Loops
from tocsin.worker.renewing import Following
from tocsin.worker.staff import staff

log = logging.getLogger("tocsin.process")


@dataclass(slots=True)
class Standing:
    """The application that stands at the door, with its loops. `doors_of` builds what answers requests.

    Requests in hand are finished by the application that they came to.
    """

    app: App
    doors_of: Callable[[App], ASGIApp]
    _doors: ASGIApp = field(init=False)
    _loops: Loops | None = None
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._doors = self.doors_of(self.app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the application that stands here now."""
        await self._doors(scope, receive, send)

    def begin(self, *also: Loop) -> None:
        """Start to work, with loops beside the usual ones that turn once in the life of a process."""
        self._loops = self._made(self.app, *also)
        self._loops.start()
        take_over_by(self.take_over)

    def end(self) -> None:
        """Stop to work; what is in hand is finished first."""
        nobody_takes_over()
        with self._changing:
            if self._loops is not None:
                self._loops.stop()

    def take_over(self, app: App) -> None:
        """Let another application take the place, in a thread of its own: who asks may be a loop itself."""
        threading.Thread(target=self._take_over, args=(app,), name="tocsin-renewal", daemon=True).start()

    def _take_over(self, app: App) -> None:
        with self._changing:
            # Whatever cannot be made raises here, and then the old one goes on.
            doors, loops = self.doors_of(app), self._made(app)
            if self._loops is not None:
                self._loops.stop()
            loops.start()
            install(app)
            self.app, self._doors, self._loops = app, doors, loops
        log.warning("the packs in force were exchanged")
        app.hang_up()

    def _made(self, app: App, *also: Loop) -> Loops:
        adopt(app)
        remember_start(app)
        return staff(app, Loop("packs", Following(partial(follow, app)).round, after_s=2.0), *also)
