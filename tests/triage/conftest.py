"""Policies and alerts that the tests of triage share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.alert import Alert
from tocsin.triage.policy import TriagePolicy, parse_policy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

POLICY = """\
defaults:
  severity: P3
  group_by: [alertname, service|job]
  group_by_source: {detection: [rule_id]}
  services_from: [service, job]
types:
  security: {resolve_when_quiet: false}
  drift: {resolve_when_quiet: true, group_by: [resource]}
  unknown: {resolve_when_quiet: true}
rules:
  - {name: web team is loud, when: {labels: [team = web]}, severity: P2}
  - {name: detections are security, when: {source: detection}, type: security}
  - {name: drifts, when: {labels: ['alertname =~ ".*Drift"']}, type: drift, severity: P4}
  - {name: one Prometheus is a test, when: {source: "prometheus:lab"}, severity: none}
"""


@pytest.fixture(scope="session")
def policy() -> TriagePolicy:
    return parse_policy(POLICY, "triage.yml")


@pytest.fixture(scope="session")
def alert_of() -> Callable[..., Alert]:
    """Return a maker of firing alerts: source, annotations, and labels by name."""

    def make(source: str = "prometheus", annotations: dict[str, str] | None = None, **labels: str) -> Alert:
        return Alert(
            fingerprint="00000000000000aa",
            source=source,
            labels=labels,
            annotations=annotations or {},
            starts_at=NOW,
            ends_at=NOW + timedelta(minutes=5),
            updated_at=NOW,
        )

    return make
