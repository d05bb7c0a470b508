"""Says of exhibits how they are sealed, and whether their bytes were destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.app.cosigning import sealing_of
from tocsin.app.wiring import App
from tocsin.audit.sealing import Seal
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.sealing import Sealing


@dataclass(frozen=True, slots=True)
class Seals:
    """Asks one state of the log, at one time."""

    sealing: Sealing
    shelves: Shelves
    now: datetime

    def of(self, exhibit: Exhibit) -> Seal:
        """Say how an exhibit is sealed. Of one that does not know its log entry, nothing is known."""
        if exhibit.entry_id is None:
            return Seal.NONE
        return self.sealing.state(self.shelves, exhibit.entry_id, self.now)


def seals_of(app: App, shelves: Shelves) -> Seals:
    """Return what says how exhibits are sealed. Raises `Misconfigured`, `PolicyRefused`."""
    return Seals(sealing_of(app), shelves, app.clock.now())
