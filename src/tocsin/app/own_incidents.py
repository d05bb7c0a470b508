"""Answers which words open incidents name: a build that somebody suspects is no target of a rollback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.app.wiring import App
from tocsin.connectors.deploy.rollback import INCIDENTS
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.incident import Incident, Status
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.shelves import Shelves

OPEN = (Status.OPEN, Status.INVESTIGATING, Status.MITIGATED)
MOST_INCIDENTS = 500
SERVICE = INCIDENTS


@dataclass(frozen=True, slots=True)
class OwnIncidents:
    """Reads our own incidents, in the thread of an action; the connection is closed after each."""

    app: App

    def call(self, call: Call) -> list[str]:
        """Return those of the `words` that an open incident or an alert of it names. Raises `CallFailed`."""
        if call.operation != "Named":
            raise CallFailed(FailureKind.MISCONFIGURED, f"Tocsin knows no {call.operation[:60]!r}")
        try:
            with self.app.store.reading() as shelves:
                texts = [
                    text
                    for incident in shelves.incidents.listed(OPEN, limit=MOST_INCIDENTS)
                    for text in _texts(shelves, incident)
                ]
        finally:
            self.app.hang_up()
        return [word for word in call.parameters["words"] if word and any(word in text for text in texts)]


def _texts(shelves: Shelves, incident: Incident) -> Iterator[str]:
    yield incident.title
    yield incident.description
    for alert in shelves.alerts.of_incident(incident.incident_id):
        yield from alert.labels.values()
        yield from alert.annotations.values()
