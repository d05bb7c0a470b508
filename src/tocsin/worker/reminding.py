"""Has lists and hand-overs sent when they are due."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.flow.lists import Lists

REST_S = 15.0


@dataclass(frozen=True, slots=True)
class Reminding:
    """One round looks once at what the calendar asks for."""

    lists: Lists

    def round(self) -> float:
        """Look, and return how long to rest (seconds)."""
        self.lists.look()
        return REST_S
