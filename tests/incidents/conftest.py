"""An incident and an alert that the tests of incidents share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.severity import Severity
from tocsin.incidents.clock_policy import DEFAULT_CLOCKS
from tocsin.incidents.lifecycle import Opening, open_incident

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def opening() -> Opening:
    return Opening(
        incident_id=UUID("3f0c2b66-0a51-4b8e-9d3c-6a0e6f0d9d11"),
        number=3,
        title="API is down",
        severity=Severity.P1,
        type="service-degradation",
        group_key='alertname="ApiDown"',
        detected_at=NOW - timedelta(minutes=1),
        services=("shop",),
        reasons=("Severity P1: prometheus says so.",),
    )


@pytest.fixture
def incident(opening: Opening) -> Incident:
    return open_incident(opening, NOW, DEFAULT_CLOCKS).incident


@pytest.fixture
def alert() -> Alert:
    return Alert(
        fingerprint="00000000000000aa",
        source="prometheus",
        labels={"alertname": "ApiDown"},
        starts_at=NOW,
        ends_at=NOW + timedelta(minutes=5),
        updated_at=NOW,
        number=8,
    )
