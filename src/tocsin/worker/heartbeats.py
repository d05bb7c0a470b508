"""Listens to all sources: tells the flow when each was last heard, a few times a minute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import Store
from tocsin.domain.source import SourceProgress
from tocsin.flow.listen import Listen

REST_S = 20.0
SAMPLES = "samples/"


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """One round asks when each source was heard: by what was judged, what waits, and the samples' jobs.

    `drain` hands over when each job has sent samples since it was last asked.
    """

    store: Store
    lake: SignalLake
    clock: Clock
    listen: Listen
    drain: Callable[[], Mapping[str, datetime]]

    def round(self) -> float:
        """Look once; return how long to rest."""
        heard = {f"{SAMPLES}{job}": at for job, at in self.drain().items()}
        with self.store.reading() as shelves:
            progress = shelves.detector.progress()
        heard |= {source: known.heard_at for source, known in progress.items() if known.heard_at is not None}
        now = self.clock.now()
        for source in self.lake.sources():
            if self._has_waiting(progress.get(source, SourceProgress(source=source))):
                heard[source] = now
        self.listen.look(heard)
        return REST_S

    def _has_waiting(self, known: SourceProgress) -> bool:
        """Say whether signals of a source are not judged yet: it speaks, only we are late."""
        try:
            return bool(self.lake.read(known.source, known.position, 1)[0])
        except Overloaded:
            raise
        except Explained:
            return False  # A source whose signals were lost is shouted about by who judges it.
