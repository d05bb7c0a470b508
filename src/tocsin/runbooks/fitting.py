"""Which runbooks are for an incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.runbook import Runbook


def fits(book: Runbook, incident: Incident, alerts: Sequence[Alert]) -> bool:
    """Say whether a runbook's trigger fits: every key of it must; one without a trigger is begun by hand."""
    facts = {
        "alert": {alert.labels.get("alertname", "") for alert in alerts},
        "type": {incident.type},
        "severity": {incident.severity.value},
        "service": set(incident.services),
    }
    return bool(book.trigger) and all(
        not facts.get(key, set()).isdisjoint(values) for key, values in book.trigger.items()
    )


def fitting(books: Iterable[Runbook], incident: Incident, alerts: Sequence[Alert]) -> tuple[Runbook, ...]:
    """Return the runbooks that are for an incident, by their ids."""
    found = (book for book in books if fits(book, incident, alerts))
    return tuple(sorted(found, key=lambda book: book.runbook_id))
