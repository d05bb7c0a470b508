"""Keeps the maintenance windows of the packs in force as silences, from the start of each process on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.domain.silence import Silence
from tocsin.flow.hush import Hush

AGAIN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Windows that files plan, and the chapter that puts them in force."""

    hush: Hush
    windows: Sequence[Silence]

    def round(self) -> float:
        """Put the windows in force; return how long to rest, in seconds."""
        self.hush.adopt(self.windows)
        return AGAIN_S
