"""What is remembered of sources, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from tocsin.store.memory.tables import Tables


class MemoryMarks:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of(self, kind: str, names: Iterable[str]) -> Mapping[str, bytes]:
        kept = self._tables.marks
        return {name: kept[kind, name][0] for name in names if (kind, name) in kept}

    def all(self, kind: str, limit: int = 10_000) -> Mapping[str, bytes]:
        found = sorted(
            (name, state) for (each, name), (state, _) in self._tables.marks.items() if each == kind
        )
        return dict(islice(found, limit))

    def keep(self, kind: str, marks: Mapping[str, bytes], at: datetime) -> None:
        self._tables.marks.update({(kind, name): (state, at) for name, state in marks.items()})

    def drop(self, kind: str, names: Iterable[str]) -> None:
        for name in names:
            self._tables.marks.pop((kind, name), None)

    def drop_older(self, kind: str, before: datetime) -> None:
        old = [key for key, (_, at) in self._tables.marks.items() if key[0] == kind and at < before]
        for key in old:
            del self._tables.marks[key]
