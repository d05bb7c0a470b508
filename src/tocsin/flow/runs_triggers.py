"""An incident opened or grew: the runbooks that are for it begin, and may give it its severity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.runbook import Runbook
from tocsin.domain.severity import Severity
from tocsin.runbooks.fitting import fitting

START = "run.start"


def _no_runbooks() -> Mapping[str, Runbook]:
    return {}


@dataclass(frozen=True, slots=True)
class Triggers:
    """What begins runs; each is a job, so that an alert is taken whatever becomes of its runbooks."""

    library: Callable[[], Mapping[str, Runbook]] = field(default=_no_runbooks)

    def begin(self, shelves: Shelves, incident: Incident, alerts: Sequence[Alert], now: datetime) -> None:
        """Begin the runbooks that are for the incident, each at most once. Nothing is read for the others."""
        for book in fitting(self.library().values(), incident, alerts):
            args = {"incident": str(incident.incident_id), "runbook": book.runbook_id}
            key = f"{START}:{incident.incident_id}:{book.runbook_id}"
            shelves.jobs.put(Job(kind=START, key=key, run_at=now, args=args))

    def severity_for(self, incident: Incident, alerts: Sequence[Alert]) -> tuple[Severity, str] | None:
        """Return the worst severity that runbooks give an incident without one of its own, and why."""
        given = [
            (book.severity, f"Severity {book.severity}: the runbook {book.runbook_id} gives it.")
            for book in fitting(self.library().values(), incident, alerts)
            if book.severity is not None
        ]
        return min(given, key=lambda one: one[0].value, default=None)
