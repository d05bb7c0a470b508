from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tocsin.domain.acting import Collector
from tocsin.domain.action import Demand
from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident, Status
from tocsin.domain.severity import Severity
from tocsin.evidence.opening import (
    LAST_VOLATILITY,
    Start,
    names_of,
    starts_at_opening,
    starts_for,
    volatility_of,
    why_it_cannot_start,
)
from tocsin.evidence.policy import parse_evidence

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INCIDENT = Incident(
    incident_id=UUID(int=1),
    number=1,
    title="Sign-ins failed",
    severity=Severity.P1,
    type="security",
    status=Status.OPEN,
    group_key="g",
    detected_at=NOON,
    opened_at=NOON,
)


def alert(**labels: str) -> Alert:
    return Alert(
        fingerprint="aa",
        source="prod",
        labels=labels,
        annotations={},
        starts_at=NOON,
        ends_at=NOON,
        updated_at=NOON,
    )


def collector(name: str, **given) -> Collector:
    return Collector(
        **{
            "name": name,
            "summary": name,
            "volatility": 1,
            "parameters": ("cluster",),
            "gather": lambda arguments: iter(()),
            **given,
        }
    )


KNOWN = {"logs.export": collector("logs.export"), "ssm.document": collector("ssm.document", encrypts=True)}


def starts(text: str, *alerts: Alert) -> tuple[Start, ...]:
    return starts_at_opening(parse_evidence(text, "evidence.yml"), INCIDENT, alerts)


def test_a_collector_starts_where_its_condition_holds() -> None:
    policy = """
open:
- {keep: [audit.snapshot, app.log]}
- {keep: audit.export, if: incident.type == 'audit-integrity'}
- {keep: postgres.sessions, if: alert.database}
"""
    assert [each.collector for each in starts(policy)] == ["audit.snapshot", "app.log"]
    assert [each.collector for each in starts(policy, alert(database="shop"))][-1] == "postgres.sessions"


def test_arguments_are_filled_from_the_labels_of_the_first_alert_that_has_them() -> None:
    policy = "open: [{keep: logs.export, with: {cluster: '{{ alert.cluster }}'}}]"
    (start,) = starts(policy, alert(zone="a"), alert(cluster="prod"), alert(cluster="test"))
    assert start.arguments == {"cluster": "prod"}


def test_one_collector_with_the_same_arguments_starts_once() -> None:
    policy = "open: [{keep: app.log}, {keep: app.log}, {keep: app.log, with: {a: b}}]"
    assert len(starts(policy)) == 2


def test_conditions_may_speak_of_the_incident_and_its_alerts() -> None:
    names = names_of(INCIDENT, [alert(host="web-1")])
    assert names["alert"] == {"host": "web-1"}
    assert names["incident"]["severity"] == "P1"
    assert names["incident"]["id"] == "INC-1"


def test_what_an_action_needs_is_started_with_the_arguments_that_the_collector_has_a_name_for() -> None:
    demands = [Demand(collector="logs.export", of="t-1"), Demand(collector="unknown")]
    given = {"cluster": "prod", "count": 0}
    assert starts_for(demands, KNOWN, given) == (
        Start(collector="logs.export", arguments={"cluster": "prod"}, of="t-1"),
        Start(collector="unknown"),
    )
    assert starts_for(demands[:1], KNOWN, {})[0].arguments == {}


def test_starts_of_other_objects_or_arguments_have_other_marks() -> None:
    one = Start(collector="a", arguments={"x": 1, "y": 2}, of="t-1")
    assert one.mark == Start(collector="a", arguments={"y": 2, "x": 1}, of="t-1").mark
    assert one.mark != Start(collector="a", arguments={"x": 1, "y": 2}, of="t-2").mark
    assert one.mark != Start(collector="a", arguments={"x": 1}, of="t-1").mark


def test_what_is_gone_soonest_is_read_first_and_the_unknown_last() -> None:
    assert volatility_of(KNOWN, "logs.export") == 1
    assert volatility_of(KNOWN, "unknown") == LAST_VOLATILITY


@pytest.mark.parametrize(
    ("start", "can_encrypt", "why"),
    [
        (Start(collector="unknown"), True, "there is no collector 'unknown'"),
        (Start(collector="logs.export", arguments={"cluster": ""}), True, "nobody told it cluster"),
        (Start(collector="logs.export", arguments={"cluster": "prod"}), False, ""),
        (Start(collector="ssm.document", arguments={"cluster": "prod"}), True, ""),
        (Start(collector="ssm.document", arguments={"cluster": "prod"}), False, "TOCSIN_EVIDENCE_RECIPIENTS"),
    ],
)
def test_a_collector_that_cannot_be_asked_says_why(start: Start, can_encrypt: bool, why: str) -> None:
    told = why_it_cannot_start(KNOWN, start, can_encrypt=can_encrypt)
    assert why in told
    assert bool(told) is bool(why)
