"""The store over dictionaries: a transaction works on a copy that replaces the state when it ends well."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tocsin.store.memory.groups import MemoryGroups
from tocsin.store.memory.incidents import MemoryIncidents, MemoryTimeline
from tocsin.store.memory.incoming import MemoryAlerts, MemoryArrivals, MemoryQuarantine
from tocsin.store.memory.jobs import MemoryJobs
from tocsin.store.memory.marks import MemoryMarks
from tocsin.store.memory.oncall import MemoryOverrides, MemorySilences
from tocsin.store.memory.oversight import MemoryOversight
from tocsin.store.memory.pages import MemoryInbox, MemoryPages
from tocsin.store.memory.proof import MemoryExhibits, MemoryLog
from tocsin.store.memory.response import MemoryActions, MemoryBags, MemoryRuns
from tocsin.store.memory.tables import Tables
from tocsin.store.memory.watch import MemoryDetector, MemoryTokens


class MemoryShelves:
    """All shelves over one copy of the state."""

    def __init__(self, tables: Tables, entry_key: bytes) -> None:
        self.arrivals = MemoryArrivals(tables)
        self.quarantine = MemoryQuarantine(tables)
        self.alerts = MemoryAlerts(tables)
        self.incidents = MemoryIncidents(tables)
        self.timeline = MemoryTimeline(tables)
        self.pages = MemoryPages(tables)
        self.silences = MemorySilences(tables)
        self.overrides = MemoryOverrides(tables)
        self.groups = MemoryGroups(tables)
        self.inbox = MemoryInbox(tables)
        self.oversight = MemoryOversight(tables)
        self.jobs = MemoryJobs(tables)
        self.log = MemoryLog(tables, entry_key)
        self.exhibits = MemoryExhibits(tables)
        self.actions = MemoryActions(tables)
        self.runs = MemoryRuns(tables)
        self.bags = MemoryBags(tables)
        self.detector = MemoryDetector(tables)
        self.marks = MemoryMarks(tables)
        self.tokens = MemoryTokens(tables)

    def lock(self, name: str) -> None:
        """Do nothing: only one transaction writes at a time."""

    def lock_all(self, names: Sequence[str]) -> None:
        """Do nothing, for the same reason."""


class MemoryStore:
    """A store that forgets everything when the process ends. Transactions do not nest (`RuntimeError`)."""

    def __init__(self, *, entry_key: bytes = b"") -> None:
        self._entry_key = entry_key
        self._tables = Tables()
        self._turn = threading.Lock()
        self._inside = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[MemoryShelves]:
        """Write all or nothing, one thread at a time."""
        with self._entered(), self._turn:
            draft = self._tables.copy()
            yield MemoryShelves(draft, self._entry_key)
            self._tables = draft

    @contextmanager
    def reading(self) -> Iterator[MemoryShelves]:
        """Look at the state as it is now. Raises `RuntimeError` at the end if something was written."""
        with self._entered():
            kept = self._tables
            seen = kept.copy()
            yield MemoryShelves(seen, self._entry_key)
            if seen != kept:
                raise RuntimeError("something was written where the store was only to be read")

    @contextmanager
    def _entered(self) -> Iterator[None]:
        if getattr(self._inside, "transaction", False):
            raise RuntimeError("a transaction of the store was opened inside another one of the same thread")
        self._inside.transaction = True
        try:
            yield
        finally:
            self._inside.transaction = False
