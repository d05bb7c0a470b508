"""Tests of deciding between opening, joining, and recording only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident, Status
from tocsin.domain.severity import Severity
from tocsin.triage.classify import Classified
from tocsin.triage.joining import Join, Open, RecordOnly, decide

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLASSIFIED = Classified(
    severity=Severity.P2,
    type="security",
    group_key='rule_id="r"',
    title="Many failed logins",
    description="",
    services=(),
    runbook_url="",
    resolve_when_quiet=False,
    reasons=(),
)
INCIDENT = Incident(
    incident_id=UUID(int=1),
    number=3,
    title="Many failed logins",
    severity=Severity.P3,
    type="security",
    status=Status.OPEN,
    group_key='rule_id="r"',
    detected_at=NOW,
    opened_at=NOW,
)


@pytest.fixture
def alert(alert_of: Callable[..., Alert]) -> Alert:
    return alert_of(rule_id="r")


def test_an_alert_without_an_active_incident_opens_one(alert: Alert) -> None:
    decision = decide(None, CLASSIFIED, alert, NOW)
    assert isinstance(decision, Open)
    assert decision.severity is Severity.P2
    assert CLASSIFIED.group_key in decision.reason


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_an_incident_that_is_over_is_not_joined(alert: Alert, status: Status) -> None:
    assert isinstance(decide(replace(INCIDENT, status=status), CLASSIFIED, alert, NOW), Open)


def test_one_episode_does_not_open_a_second_incident(alert: Alert) -> None:
    known = replace(alert, incident_id=INCIDENT.incident_id)
    decision = decide(None, CLASSIFIED, known, NOW)
    assert decision == RecordOnly(reason="Its incident has ended, and this is still the same episode.")


@pytest.mark.parametrize("status", [Status.OPEN, Status.INVESTIGATING, Status.MITIGATED])
def test_a_worse_alert_joins_and_raises(alert: Alert, status: Status) -> None:
    decision = decide(replace(INCIDENT, status=status), CLASSIFIED, alert, NOW)
    assert decision == Join(
        raise_to=Severity.P2, reason="INC-3 of the same group is active; it rises to P2 High."
    )


@pytest.mark.parametrize("severity", [Severity.P3, Severity.P4])
def test_an_alert_no_worse_joins_and_never_lowers(alert: Alert, severity: Severity) -> None:
    decision = decide(INCIDENT, replace(CLASSIFIED, severity=severity), alert, NOW)
    assert decision == Join(raise_to=None, reason="INC-3 of the same group is active.")


def test_an_informational_alert_is_only_recorded(alert: Alert) -> None:
    assert isinstance(decide(INCIDENT, replace(CLASSIFIED, severity=None), alert, NOW), RecordOnly)


@pytest.mark.parametrize(
    ("severity", "ended", "opens"),
    [
        pytest.param(Severity.P1, timedelta(minutes=15), True, id="a P1 just over still calls"),
        pytest.param(Severity.P1, timedelta(minutes=16), False, id="a P1 long over does not"),
        pytest.param(Severity.P2, timedelta(), False, id="a P2 just over does not"),
    ],
)
def test_an_alert_that_was_over_before_it_was_heard_of(
    alert: Alert, severity: Severity, ended: timedelta, opens: bool
) -> None:
    over = replace(alert, ends_at=NOW - ended)
    assert isinstance(decide(None, replace(CLASSIFIED, severity=severity), over, NOW), Open) is opens
