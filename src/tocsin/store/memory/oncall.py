"""Silences and overrides in memory."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from uuid import UUID

from tocsin.domain.override import Override
from tocsin.domain.silence import Silence
from tocsin.store.memory.tables import Tables, put_changed, put_new


class MemorySilences:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, silence: Silence) -> None:
        put_new(self._tables.silences, silence.silence_id, silence)

    def save(self, silence: Silence) -> None:
        put_changed(self._tables.silences, silence.silence_id, silence)

    def get(self, silence_id: UUID) -> Silence | None:
        return self._tables.silences.get(silence_id)

    def ending_after(self, at: datetime) -> tuple[Silence, ...]:
        kept = (silence for silence in self._tables.silences.values() if silence.ends_at > at)
        return tuple(sorted(kept, key=attrgetter("ends_at", "silence_id")))

    def drop_ended(self, before: datetime) -> int:
        ended = [key for key, silence in self._tables.silences.items() if silence.ends_at < before]
        for key in ended:
            del self._tables.silences[key]
        return len(ended)


class MemoryOverrides:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, override: Override) -> None:
        put_new(self._tables.overrides, override.override_id, override)

    def save(self, override: Override) -> None:
        put_changed(self._tables.overrides, override.override_id, override)

    def get(self, override_id: UUID) -> Override | None:
        return self._tables.overrides.get(override_id)

    def between(self, start: datetime, end: datetime, schedule: str = "") -> tuple[Override, ...]:
        kept = (
            override
            for override in self._tables.overrides.values()
            if override.starts_at < end and override.ends_at > start and schedule in ("", override.schedule)
        )
        return tuple(sorted(kept, key=attrgetter("created_at")))
