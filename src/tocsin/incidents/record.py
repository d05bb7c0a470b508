"""Write an incident as R1's incident record, for reviews and for other systems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from tocsin.domain.incident import Incident
from tocsin.domain.timeline import TimelineEntry


def r1_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every record fulfils."""
    schema: dict[str, Any] = json.loads(files(__package__).joinpath("r1.schema.json").read_text("utf-8"))
    return schema


def r1_record(incident: Incident, timeline: Sequence[TimelineEntry]) -> dict[str, Any]:
    """Return the record; `incidentId` is the uuid, and what is not known yet is left out.

    `actionsTaken` holds every line of the timeline, in order; times are RFC 3339 in UTC.
    """
    record: dict[str, Any] = {
        "incidentId": str(incident.incident_id),
        "severity": incident.severity.value,
        "type": incident.type,
        "description": incident.description or incident.title,
        "detectedAt": _timestamp(incident.detected_at),
        "status": incident.status.value,
        "affectedServices": list(incident.services),
        "actionsTaken": [
            {
                "timestamp": _timestamp(entry.at),
                "action": entry.text,
                "automated": entry.automated,
                "actor": entry.actor,
            }
            for entry in timeline
        ],
    }
    if incident.resolved_at is not None:
        record["resolvedAt"] = _timestamp(incident.resolved_at)
    if incident.root_cause:
        record["rootCause"] = incident.root_cause
    return record


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
