"""Where samples of metrics are kept and asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from tocsin.domain.sample import LabelMatcher, Sample, Series


class Samples(Protocol):
    """Samples that can be asked for."""

    def select(self, matchers: Sequence[LabelMatcher], start_ms: int, end_ms: int) -> Sequence[Series]:
        """Return every series that all matchers accept, with its samples from start to end, both inclusive.

        Series without a sample in that time are left out. Staleness markers are samples too. The order of
        series is the order of their first arrival.
        """
        ...


class SampleStore(Samples, Protocol):
    """Samples on disk, for a bounded time."""

    def append(self, samples: Sequence[Sample]) -> int:
        """Store samples durably, all or none, and return how many were new.

        A sample of a series and millisecond that is here already changes nothing. Raises `Overloaded` when
        the disk refuses.
        """
        ...


class RuleMemory(Protocol):
    """What rule groups remember between evaluations, by the group's key."""

    def remembered(self, group: str) -> bytes:
        """Return what was remembered last, nothing at first."""
        ...

    def remember(self, group: str, state: bytes) -> None:
        """Keep it durably."""
        ...

    def evaluating(self) -> AbstractContextManager[bool]:
        """Hold the right to evaluate; False when another process holds it."""
        ...


class RuleSamples(SampleStore, RuleMemory, Protocol):
    """A store of samples that also remembers what rules over them said."""
