"""Looks over the house once a minute: what fell through, what died, and which signs of life are missing."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.flow.dead_letters import DeadLetters
from tocsin.flow.oversee import Oversee
from tocsin.flow.watchdog import Watchdog

REST_S = 60.0
WATCH_REST_S = 15.0


@dataclass(frozen=True, slots=True)
class Auditing:
    """One round looks at dead letters and has the auditor look."""

    oversee: Oversee
    dead_letters: DeadLetters

    def round(self) -> float:
        """Look once; return how long to rest."""
        self.dead_letters.watch()
        self.oversee.look()
        return REST_S


@dataclass(frozen=True, slots=True)
class Watching:
    """One round looks at the signs of life that are expected."""

    watchdog: Watchdog

    def round(self) -> float:
        """Look once; return how long to rest."""
        self.watchdog.look()
        return WATCH_REST_S
