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

TEAMS = """\
people:
  ben:
    name: Ben
    contacts:
      - {channel: slack, address: UBEN}
      - {channel: voice, address: "+491"}
      - {channel: smtp, address: ben@example.org}
    rules:
      default: [{after: 0m, by: [slack]}]
      important: [{after: 3m, by: [voice]}, {after: 0m, by: [slack]}]
      P3: [{after: 0m, by: [smtp]}]
  ada: {name: Ada, contacts: [{channel: slack, address: UADA}]}
  chidi: {name: Chidi, contacts: [{channel: smtp, address: chidi@example.org}]}
  dana: {name: Dana, contacts: [{channel: smtp, address: dana@example.org}]}
teams:
  payments: {members: [chidi, ben], lead: chidi}
  loose: {members: [ada]}
channels:
  incidents: {channel: slack, address: C0INC}
  warnings: {channel: slack, address: C0WARN}
calendars:
  office: {zone: Europe/Berlin, opens: "09:00", closes: "17:00"}
schedules:
  default: {zone: Europe/Berlin, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben, ada]}
  payments: {zone: UTC, rotation: daily, handover: "09:00", starts: 2026-11-16, people: [chidi]}
policies:
  default:
    calendar: office
    steps:
      P1:
        - {after: 0m, page: primary, tell: incidents}
        - {after: 5m, page: [primary, secondary]}
        - {after: 10m, page: [everybody of payments, dana], by: [smtp]}
      P2:
        - {after: 0m, page: primary, by: [slack], fallback: [smtp, voice]}
        - {after: 30m, page: lead of payments}
      P3:
        - {after: next business day, page: primary}
      P4:
        - {after: 0m, tell: [warnings]}
  payments:
    schedule: payments
    repeat: 1 time
    hand_over: default
    steps:
      P1:
        - {after: 0m, page: primary, needs: 2}
        - {after: 5m, page: [secondary, dana]}
  brief:
    repeat: never
    steps:
      P1: [{after: 0m, page: dana}]
routes:
  - name: money
    when: ['team = payments']
    policy: payments
    routes:
      - {name: refunds, when: ['service = refunds'], policy: brief}
      - {name: watched, when: ['service = ledger'], tell: [warnings]}
  - {name: seen by all, when: ['severity =~ "P1|P2"'], tell: [incidents], continue: true}
  - {name: brief ones, when: ['type = drift'], policy: brief}
notices:
  - {to: [incidents, warnings], severities: [P1], events: [opened, acknowledged]}
limits:
  slack: {most: 2, within: 10m}
  ntfy: none
digest: {tell: warnings}
"""


@pytest.fixture(scope="session")
def roster() -> Roster:
    return parse_roster(ROSTER, "oncall.yml")


@pytest.fixture(scope="session")
def teams() -> Roster:
    """The long form of the file: teams, several schedules and policies, routes, rules, limits."""
    return parse_roster(TEAMS, "oncall.yml")


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
