"""Telemetry that comes by protocols of its own: OTLP and remote write; kept durably, then answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tocsin.app.tally import Tally
from tocsin.connectors.otlp.logs import ReadRecords, read_logs
from tocsin.connectors.otlp.metrics import read_metrics
from tocsin.connectors.otlp.reading import Rejected
from tocsin.connectors.otlp.spans import read_spans
from tocsin.connectors.remote_write.inbound import ReadWrite, read_write
from tocsin.domain.clock import Clock
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.samples import SampleStore
from tocsin.domain.sample import Sample
from tocsin.store.lake import checked_source

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Posted:
    """A body as it was posted, with the headers that say how to read it."""

    body: bytes
    content_type: str
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Each method returns only once everything accepted is durable.

    Raises as the readers do, `SignalRefused` for a name that can be no source's, `Overloaded`.
    """

    lake: SignalLake
    samples: SampleStore
    clock: Clock
    ring: Callable[[], None]
    max_decoded: int
    tally: Tally

    def logs(self, posted: Posted, source: str) -> Rejected:
        """Keep log records as signals; say which were rejected."""
        return self._keep(source, self._read(read_logs, posted))

    def spans(self, posted: Posted, source: str) -> Rejected:
        """Keep spans as signals; say which were rejected."""
        return self._keep(source, self._read(read_spans, posted))

    def metrics(self, posted: Posted) -> Rejected:
        """Keep metrics as samples; say how many points were rejected."""
        read = self._read(read_metrics, posted)
        self._append(read.samples)
        return read.rejected

    def written(self, posted: Posted) -> ReadWrite:
        """Keep the samples of a remote write."""
        read = self._read(read_write, posted)
        self._append(read.samples)
        return read

    def _read(self, read: Callable[..., Found], posted: Posted) -> Found:
        return read(
            posted.body,
            content_type=posted.content_type,
            content_encoding=posted.content_encoding,
            max_decoded=self.max_decoded,
        )

    def _keep(self, source: str, read: ReadRecords) -> Rejected:
        checked_source(source)
        if read.lines:
            self.lake.append(source, read.lines)
            self.ring()
        return read.rejected

    def _append(self, samples: tuple[Sample, ...]) -> None:
        if samples:
            self.samples.append(samples)
            self.tally.note(samples, self.clock.now())
