"""What a decision about an incident yields: the incident as it then stands, and the lines to write down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Happening, TimelineEntry

TOCSIN = "tocsin"
"""The actor of what the product does by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The incident after a decision; without entries nothing changed and nothing need be stored."""

    incident: Incident
    entries: tuple[TimelineEntry, ...] = ()

    def then(self, later: Changed) -> Changed:
        """Return the later state with the entries of both, in order."""
        return replace(later, entries=(*self.entries, *later.entries))


def line(
    incident: Incident, kind: Happening, text: str, *, by: str, now: datetime, exhibit: int | None = None
) -> TimelineEntry:
    """Return one timeline line; what the actor `tocsin` does is automated."""
    return TimelineEntry(
        incident_id=incident.incident_id,
        at=now,
        kind=kind,
        actor=by,
        text=text,
        automated=by == TOCSIN,
        exhibit=exhibit,
    )
