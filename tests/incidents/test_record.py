"""Tests of R1's incident record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tocsin.domain.incident import Incident, Status
from tocsin.domain.severity import Severity
from tocsin.incidents.clock_policy import DEFAULT_CLOCKS
from tocsin.incidents.lifecycle import acknowledge, move
from tocsin.incidents.record import r1_record, r1_schema

VALIDATOR = Draft202012Validator(r1_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_schema_is_valid_and_checks_formats() -> None:
    Draft202012Validator.check_schema(r1_schema())
    with pytest.raises(ValidationError, match="not a 'uuid'"):
        VALIDATOR.validate({**_MINIMAL, "incidentId": "INC-3"})
    with pytest.raises(ValidationError, match="not a 'date-time'"):
        VALIDATOR.validate({**_MINIMAL, "detectedAt": "2026-11-20 12:00"})


_MINIMAL = {
    "incidentId": "3f0c2b66-0a51-4b8e-9d3c-6a0e6f0d9d11",
    "severity": "P1",
    "type": "unknown",
    "detectedAt": "2026-11-20T12:00:00Z",
    "status": "open",
}


def test_a_resolved_incident_is_recorded_whole(incident: Incident, now: datetime) -> None:
    taken = acknowledge(incident, "ben", now)
    resolved = move(
        taken.incident, Status.RESOLVED, by="ben", now=now, policy=DEFAULT_CLOCKS, reason="restarted"
    )
    record = r1_record(
        replace(resolved.incident, root_cause="A full disk."), (*taken.entries, *resolved.entries)
    )
    VALIDATOR.validate(record)
    assert record["incidentId"] == "3f0c2b66-0a51-4b8e-9d3c-6a0e6f0d9d11"
    assert record["detectedAt"] == "2026-11-20T11:59:00.000Z"
    assert record["resolvedAt"] == "2026-11-20T12:00:00.000Z"
    assert record["rootCause"] == "A full disk."
    assert record["description"] == "API is down"
    assert record["affectedServices"] == ["shop"]
    assert record["actionsTaken"][0] == {
        "timestamp": "2026-11-20T12:00:00.000Z",
        "action": "Acknowledged by ben. ben commands it.",
        "automated": False,
        "actor": "ben",
    }


def test_what_is_not_known_yet_is_left_out(incident: Incident) -> None:
    record = r1_record(replace(incident, description="Nobody can buy."), ())
    VALIDATOR.validate(record)
    assert not {"resolvedAt", "rootCause", "postMortem"} & set(record)
    assert record["description"] == "Nobody can buy."


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("severity", Severity)
def test_every_status_and_severity_validates(incident: Incident, status: Status, severity: Severity) -> None:
    VALIDATOR.validate(r1_record(replace(incident, status=status, severity=severity), ()))


def test_times_of_another_zone_are_told_in_utc(incident: Incident, now: datetime) -> None:
    local = now.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert r1_record(replace(incident, detected_at=local), ())["detectedAt"] == "2026-11-20T12:00:00.000Z"
