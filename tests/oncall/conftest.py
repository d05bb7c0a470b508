"""A roster and an incident that the tests of calling share. Ben is on call, Ada is next."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tocsin.domain.incident import Incident, Status
from tocsin.domain.severity import Severity
from tocsin.oncall.roster import Roster, parse_roster

ROSTER = """\
people:
  ben:
    name: Ben
    contacts: [{channel: slack, address: "#oncall"}, {channel: smtp, address: ben@example.org}]
  ada: {name: Ada, contacts: [{channel: smtp, address: ada@example.org}]}
schedule: {zone: Europe/Berlin, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: primary}, {after: 10m, page: secondary}]
  P2: [{after: 0m, page: primary}]
notices:
  - {channel: slack, address: "#incidents", severities: [P1, P2]}
  - {channel: smtp, address: boss@example.org, severities: [P1], events: [escalated]}
  - {channel: slack, address: "#incidents", severities: [P1], events: [opened]}
"""


@pytest.fixture(scope="session")
def roster() -> Roster:
    return parse_roster(ROSTER, "oncall.yml")


@pytest.fixture
def incident() -> Incident:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Incident(
        incident_id=UUID(int=1),
        number=3,
        title="API is down",
        severity=Severity.P1,
        type="service-degradation",
        status=Status.OPEN,
        group_key='alertname="ApiDown"',
        detected_at=at,
        opened_at=at,
        description="Nobody can buy.",
        services=("shop", "basket"),
    )
