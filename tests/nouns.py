"""Nouns for tests, valid as they are; a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tocsin.domain.action import Action, ActionClass, ActionState, Door, StandingApproval
from tocsin.domain.alert import Alert
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.domain.entry import Checkpoint
from tocsin.domain.exhibit import Exhibit, Label
from tocsin.domain.incident import ClockKind, Incident, IncidentClock, Status
from tocsin.domain.page import Delivery, DeliveryState, Page
from tocsin.domain.run import Run, RunState
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening, TimelineEntry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INCIDENT = UUID("6f2c1a52-0000-4000-8000-000000000001")


def later(seconds: float) -> datetime:
    """Return the instant that many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def an_arrival(**given: Any) -> Arrival:
    return Arrival(
        **{
            "arrival_id": uuid4(),
            "connector": "alertmanager",
            "source": "prod",
            "key": "k1",
            "received_at": NOON,
            "body": b'{"a": "\x00\xff"}',
            "sender": "10.0.0.7",
            **given,
        }
    )


def a_quarantined(**given: Any) -> Quarantined:
    return Quarantined(
        **{
            "connector": "signals",
            "source": "prod",
            "reason": "line 1, column 2: not JSON",
            "body": b"\xff\x00{",
            "received_at": NOON,
            **given,
        }
    )


def an_alert(**given: Any) -> Alert:
    return Alert(
        **{
            "fingerprint": "00000000000000aa",
            "source": "alertmanager:prod",
            "labels": {"alertname": "DiskFull", "zone": "a", "instance": "db-1"},
            "annotations": {"summary": "The disk is full"},
            "starts_at": NOON,
            "ends_at": later(300),
            "updated_at": NOON,
            **given,
        }
    )


def a_clock(**given: Any) -> IncidentClock:
    return IncidentClock(
        **{
            "kind": ClockKind.ACKNOWLEDGE,
            "started_at": NOON,
            "due_at": later(300),
            "owner": "ben",
            "consequence": "Ada is called",
            **given,
        }
    )


def an_incident(number: int = 1, **given: Any) -> Incident:
    return Incident(
        **{
            "incident_id": UUID(int=number),
            "number": number,
            "title": "The disk is full",
            "severity": Severity.P2,
            "type": "service-degradation",
            "status": Status.OPEN,
            "group_key": "service=db",
            "detected_at": NOON,
            "opened_at": later(1),
            **given,
        }
    )


def an_entry(**given: Any) -> TimelineEntry:
    return TimelineEntry(
        **{
            "incident_id": INCIDENT,
            "at": NOON,
            "kind": Happening.NOTE,
            "actor": "ada",
            "text": "Looking at it",
            "automated": False,
            **given,
        }
    )


def a_page(**given: Any) -> Page:
    return Page(
        **{
            "page_id": uuid4(),
            "incident_id": INCIDENT,
            "step": 0,
            "person": "ben",
            "role": "primary",
            "reason": "Ben is on call until 17:00",
            "requested_at": NOON,
            "acknowledge_by": later(300),
            "link_expires_at": later(86400),
            **given,
        }
    )


def a_delivery(key: str = "page-1:slack", **given: Any) -> Delivery:
    return Delivery(
        **{
            "key": key,
            "incident_id": INCIDENT,
            "page_id": None,
            "person": None,
            "channel": "slack",
            "address": "#incidents",
            "subject": "P1 Critical: the disk is full",
            "state": DeliveryState.WAITING,
            "requested_at": NOON,
            **given,
        }
    )


def an_exhibit(number: int = 1, **given: Any) -> Exhibit:
    return Exhibit(
        **{
            "number": number,
            "incident_id": INCIDENT,
            "digest": "ab" * 32,
            "size": 3,
            "media_type": "text/plain",
            "name": "notes.txt",
            "label": Label(incident_date=date(2026, 3, 1), description="Notes", exported_by="ada"),
            "kept_at": NOON,
            **given,
        }
    )


def a_checkpoint(size: int = 1, **given: Any) -> Checkpoint:
    return Checkpoint(
        **{
            "origin": "tocsin.local/audit",
            "size": size,
            "root": b"\x00" * 32,
            "note": f"tocsin.local/audit\n{size}\nAAAA\n\n— tocsin.local/audit AAAA\n",
            "signed_at": NOON,
            **given,
        }
    )


def an_action(**given: Any) -> Action:
    return Action(
        **{
            "action_id": uuid4(),
            "number": 1,
            "incident_id": INCIDENT,
            "name": "aws.ecs.scale",
            "action_class": ActionClass.CONTAIN,
            "arguments": {"cluster": "prod", "service": "shop", "count": 0},
            "state": ActionState.PROPOSED,
            "door": Door.CONSOLE,
            "proposed_by": "ben",
            "proposed_at": NOON,
            "expires_at": later(3600),
            "digest": "d" * 64,
            **given,
        }
    )


def a_standing_approval(**given: Any) -> StandingApproval:
    return StandingApproval(
        **{
            "number": 0,
            "person": "dana",
            "action": "agentidp.suspend_agent",
            "bounds": {"agent": ("agt-7",)},
            "trigger": ("agent-violation",),
            "per_hour": 3,
            "given_at": NOON,
            "expires_at": later(86400),
            **given,
        }
    )


def a_run(**given: Any) -> Run:
    return Run(
        **{
            "run_id": uuid4(),
            "number": 1,
            "incident_id": INCIDENT,
            "runbook_id": "failed-login-spike",
            "digest": "e" * 64,
            "text": "runbook: failed-login-spike\n",
            "state": RunState.RUNNING,
            "started_at": NOON,
            "started_by": "tocsin",
            **given,
        }
    )
