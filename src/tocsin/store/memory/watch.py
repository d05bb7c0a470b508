"""What detection remembers, and API tokens, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from tocsin.domain.person import Role
from tocsin.domain.source import SourceProgress, StoredShard
from tocsin.store.memory.tables import MemoryToken, Tables


class MemoryDetector:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def progress(self) -> Mapping[str, SourceProgress]:
        return dict(self._tables.progress)

    def advance(self, was: SourceProgress, now: SourceProgress) -> bool:
        kept = self._tables.progress.get(was.source, SourceProgress(source=was.source))
        if kept.position != was.position:
            return False
        self._tables.progress[was.source] = now
        return True

    def versions(self) -> Mapping[int, int]:
        return {number: shard.version for number, shard in self._tables.detector_shards.items()}

    def shards(self, numbers: Iterable[int]) -> Mapping[int, StoredShard]:
        stored = self._tables.detector_shards
        return {number: stored[number] for number in numbers if number in stored}

    def save_shards(self, states: Mapping[int, bytes], known: Mapping[int, int]) -> bool:
        versions = self.versions()
        if any(versions.get(number, 0) != known.get(number, 0) for number in states):
            return False
        for number, state in states.items():
            self._tables.detector_shards[number] = StoredShard(versions.get(number, 0) + 1, state)
        return True


class MemoryTokens:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, digest: str, name: str, role: Role, expires_at: datetime | None, at: datetime) -> int:
        if any(token.digest == digest for token in self._tables.tokens.values()):
            raise ValueError("a token with this digest is kept already")
        number = self._tables.next_number("token")
        self._tables.tokens[number] = MemoryToken(digest, name, role, at, expires_at)
        return number

    def role_of(self, digest: str, now: datetime) -> tuple[str, Role] | None:
        token = next((kept for kept in self._tables.tokens.values() if kept.digest == digest), None)
        return None if token is None or not token.is_live(now) else (token.name, token.role)

    def listed(self) -> tuple[Mapping[str, str], ...]:
        return tuple(token.row(number) for number, token in sorted(self._tables.tokens.items()))

    def revoke(self, number: int, at: datetime) -> bool:
        token = self._tables.tokens.get(number)
        if token is None or token.revoked_at is not None:
            return False
        self._tables.tokens[number] = replace(token, revoked_at=at)
        return True
