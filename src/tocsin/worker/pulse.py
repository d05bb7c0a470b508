"""Our own sign of life: sent outside only while a whole round of work succeeds and nothing is late."""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.worker.kernel import Transition

log = logging.getLogger("tocsin.worker")

PULSE = "pulse"
OVERDUE_AFTER = timedelta(seconds=60)
"""Work that is due for longer is late: a lane hangs, or nobody works."""
GIVE_UP_AFTER = timedelta(seconds=60)
LOOK_AGAIN_S = 0.5
TRIED_BYTES = 256 * 1024
"""SQLite finds some room on a full disk in what it overwrites; a real file of this size does not."""
_DONE = "done"


def beat(shelves: Shelves, job: Job) -> None:
    """Write down that the job kernel came by: the job was claimed, run and committed."""
    shelves.marks.keep(PULSE, {_DONE: job.args["asked"].encode("ascii")}, job.run_at)


def transition() -> Transition:
    """Return the job behind the sign of life."""
    return Transition(beat)


@dataclass(slots=True)
class Pulse:
    """Asks the job kernel for one round of work, looks whether it was done, and then calls the address.

    `url` is secret: its path is what tells the outside who we are.
    """

    store: Store
    clock: Clock
    url: Secret
    home: Path
    every: timedelta = timedelta(seconds=60)
    outbound: Outbound = field(default_factory=Outbound)
    _asked: datetime | None = None
    _is_silent: bool = False

    def round(self) -> float:
        """Ask for work, or look whether it was done; return how long to rest."""
        now = self.clock.now()
        if self._asked is None or now - self._asked >= GIVE_UP_AFTER:
            if self._asked is not None:
                self._say_why("the round of work that was asked for was not done within a minute")
            self._ask(now)
            return LOOK_AGAIN_S
        if not self._is_done(self._asked):
            return LOOK_AGAIN_S
        reason = self._late(now) or unwritable(self.home)
        if reason:
            self._say_why(reason)
        else:
            self._call()
        rest = self.every - (self.clock.now() - self._asked)
        self._asked = None
        return max(rest / timedelta(seconds=1), LOOK_AGAIN_S)

    def _ask(self, now: datetime) -> None:
        """Put the job. Raises `Overloaded` where the database takes nothing; then nothing is called."""
        with self.store.transaction() as shelves:
            job = Job(kind=PULSE, key=PULSE, run_at=now, args={"asked": now.isoformat()})
            shelves.jobs.reschedule(job)
        self._asked = now

    def _is_done(self, asked: datetime) -> bool:
        """Say whether the job was done, by us or, a little later, by another process that asked too."""
        with self.store.reading() as shelves:
            done = shelves.marks.of(PULSE, [_DONE]).get(_DONE)
        return done is not None and datetime.fromisoformat(done.decode("ascii")) >= asked

    def _late(self, now: datetime) -> str:
        with self.store.reading() as shelves:
            late = shelves.oversight.overdue(now - OVERDUE_AFTER)
        return f"{late} jobs are overdue" if late else ""

    def _call(self) -> None:
        try:
            answer = self.outbound.request("GET", self.url.reveal(), headers={})
        except DeliveryFailed as failed:
            self._say_why(failed.reason)
            return
        if 200 <= answer.status < 300:
            self._is_silent = False
        else:
            self._say_why(f"the address answered {answer.status}")

    def _say_why(self, reason: str) -> None:
        """Write the reason into our own log, the first time as a warning."""
        level = logging.DEBUG if self._is_silent else logging.WARNING
        log.log(level, "no sign of life is sent: %s", reason)
        self._is_silent = True


def unwritable(home: Path) -> str:
    """Really write and sync a little; return why that fails, empty when it does not."""
    try:
        with tempfile.TemporaryFile(dir=home) as tried:
            tried.write(bytes(TRIED_BYTES))
            tried.flush()
            os.fsync(tried.fileno())
    except OSError as error:
        return f"the home folder takes no data ({error.strerror})"
    return ""
