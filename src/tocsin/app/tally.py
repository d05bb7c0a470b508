"""Remembers which jobs have sent samples, until whoever listens to sources writes it down."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.sample import Sample

MOST_JOBS = 10_000
JOB = "job"


@dataclass(slots=True)
class Tally:
    """When each job last sent samples to this process; emptied by whoever writes it down."""

    _heard: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, samples: Iterable[Sample], at: datetime) -> None:
        """Remember the jobs of samples; beyond 10,000 of them no new ones."""
        jobs = {text for sample in samples for name, text in sample.labels if name == JOB}
        with self._lock:
            for job in jobs:
                if job in self._heard or len(self._heard) < MOST_JOBS:
                    self._heard[job] = at

    def drain(self) -> Mapping[str, datetime]:
        """Return what was remembered, and begin anew."""
        with self._lock:
            heard, self._heard = self._heard, {}
        return heard
