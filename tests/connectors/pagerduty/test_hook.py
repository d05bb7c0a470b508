"""PagerDuty's webhooks: their incidents are alerts here, ours are acted on, and our echo is nobody's act."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.pagerduty.hook import HOOK, MOST_SIGNATURES
from tocsin.connectors.refusal import BodyRefused
from tocsin.connectors.secret import Secret
from tocsin.domain.partner import ActKind

BEN = {"type": "user_reference", "id": "PBEN", "summary": "Ben"}
OURS = {"type": "inbound_integration_reference", "id": "PINT", "summary": "Tocsin"}


def _read(kind: str, agent: dict[str, str] | None = None, **about: Any):
    found = {"id": "PGR0VU2", "title": "Slow", "urgency": "high", **about}
    event = {"event_type": kind, "occurred_at": "2026-03-01T11:59:00Z", "agent": agent, "data": found}
    body = orjson.dumps({"event": event})
    return HOOK.read(HookRequest(headers={}, body=body, source="default", now=NOON))


def test_the_shared_vector_is_proved_by_either_secret(shared) -> None:
    vector = json.loads((shared / "captures" / "signature_vectors.json").read_text())["pagerduty_v3"]
    headers = {vector["header"].lower(): vector["value"]}
    request = HookRequest(headers=headers, body=vector["body"].encode(), source="default", now=NOON)
    for secret in vector["secrets_in_rotation"]:
        HOOK.verify(request, (HookSecret(secret=Secret(secret), name="1"),))
    with pytest.raises(Forged):
        HOOK.verify(request, (HookSecret(secret=Secret("other"), name="1"),))
    assert HOOK.read(request).reports[0].key == "PGR0VU2"


def test_only_a_few_signatures_are_looked_at() -> None:
    header = ",".join(["v1=00"] * MOST_SIGNATURES + ["v1=ff"])
    request = HookRequest(headers={"x-pagerduty-signature": header}, body=b"", source="x", now=NOON)
    with pytest.raises(Forged):
        HOOK.verify(request, (HookSecret(secret=Secret("s"), name="1"),))


def test_an_incident_of_theirs_begins_and_ends() -> None:
    (begun,), (ended,) = _read("incident.triggered").reports, _read("incident.resolved").reports
    assert begun.key == ended.key == "PGR0VU2"
    assert begun.report.labels["severity"] == "critical"
    assert (begun.report.ends_at, ended.report.ends_at is not None) == (None, True)


def test_their_priority_goes_before_the_urgency() -> None:
    (report,) = _read("incident.priority_updated", priority={"summary": "P2"}).reports
    assert report.report.labels["severity"] == "P2"


@pytest.mark.parametrize(
    ("kind", "act"), [("incident.acknowledged", ActKind.ACKNOWLEDGE), ("incident.resolved", ActKind.RESOLVE)]
)
def test_what_a_person_does_to_ours_is_an_act(kind: str, act: ActKind) -> None:
    found = _read(kind, BEN, incident_key="tocsin-1")
    (one,) = found.acts
    assert (one.kind, one.who, one.incident, found.incident) == (
        act,
        "pagerduty:PBEN",
        "tocsin-1",
        "tocsin-1",
    )


@pytest.mark.parametrize("agent", [OURS, None, {"type": "service_reference", "id": "P1"}])
def test_our_own_doing_coming_back_is_no_act(agent) -> None:
    assert _read("incident.acknowledged", agent, incident_key="tocsin-1").acts == ()


def test_a_note_there_is_a_note_here() -> None:
    (act,) = _read("incident.annotated", BEN, content="rolled back", incident_key="tocsin-1").acts
    assert (act.kind, act.text) == (ActKind.NOTE, "rolled back")


def test_a_ping_is_answered_and_nothing_more() -> None:
    found = _read("pagey.ping")
    assert (found.reports, found.acts, found.signals, found.answer.status) == ((), (), (), 200)


@pytest.mark.parametrize("kind", ["service.updated", "incident.workflow.started", "incident.delegated"])
def test_other_events_are_signals(kind: str) -> None:
    found = _read(kind)
    assert (found.reports, len(found.signals)) == ((), 1)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"event": {}}', b'{"event": 7}'])
def test_a_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BodyRefused):
        HOOK.read(HookRequest(headers={}, body=body, source="default", now=NOON))
