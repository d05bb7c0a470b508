"""What detection remembers, and API tokens, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tocsin.domain.person import Role
from tocsin.store.memory.tables import MemoryToken, Tables

_STATE = "state"


class MemoryDetector:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def position(self, source: str) -> int:
        return self._tables.positions.get(source, 0)

    def save_position(self, source: str, position: int) -> None:
        self._tables.positions[source] = position

    def load_state(self) -> bytes | None:
        return self._tables.detector_state.get(_STATE)

    def save_state(self, state: bytes) -> None:
        self._tables.detector_state[_STATE] = state


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
