"""Looks ahead at the schedules every quarter of an hour."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.flow.outlook import Outlook

REST_S = 900.0


@dataclass(frozen=True, slots=True)
class LookingAhead:
    """One round warns of what is wrong with the next two days."""

    outlook: Outlook

    def round(self) -> float:
        """Look once; return how long to rest."""
        self.outlook.look()
        return REST_S
