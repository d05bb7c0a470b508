"""The runbooks that are followed: those of the packs in force whose tests pass, read once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.app.packs import Packs
from tocsin.app.runbooks import stock_in_force
from tocsin.app.settings import Settings
from tocsin.domain.runbook import Runbook


@dataclass(slots=True)
class RunbooksInForce:
    """Reads the runbooks when they are first asked for: most commands never do."""

    settings: Settings
    packs: Packs
    _books: Mapping[str, Runbook] | None = field(default=None)

    def __call__(self) -> Mapping[str, Runbook]:
        """Return the runbooks by their ids. Raises `Misconfigured`, `PackProblem`."""
        if self._books is None:
            self._books = stock_in_force(self.settings, self.packs).books
        return self._books
