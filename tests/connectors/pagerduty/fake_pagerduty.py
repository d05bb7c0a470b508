"""A PagerDuty that takes events by the rules of its Events API v2 and keeps the state of every alert."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from http_partner import HttpPartner, Received, Reply

LONGEST_BYTES = 524_288
SEVERITIES = ("critical", "error", "warning", "info")
STATES = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}


@dataclass
class FakePagerDuty(HttpPartner):
    """It knows one routing key. `events` are those it took, `alerts` the state by `dedup_key`."""

    key: str = "R0UTINGKEY000000000000000000000A"
    events: list[dict[str, Any]] = field(default_factory=list)
    alerts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        if (got.method, got.path) != ("POST", "/v2/enqueue"):
            return 404, {}, b"no such page"
        if len(got.body) > LONGEST_BYTES:
            return 413, {}, b"Request Entity Too Large"
        try:
            event = json.loads(got.body)
        except ValueError:
            return invalid("JSON is invalid")
        faults = self.faults_of(event)
        if faults:
            return invalid(*faults)
        dedup_key = event.get("dedup_key") or f"given-by-pagerduty-{len(self.events)}"
        self.events.append(event)
        self.change(event["event_action"], dedup_key)
        told = {"status": "success", "message": "Event processed", "dedup_key": dedup_key}
        return 202, {"Content-Type": "application/json"}, json.dumps(told).encode()

    def change(self, action: str, dedup_key: str) -> None:
        """An end without a beginning changes nothing, although it was taken."""
        state = self.alerts.get(dedup_key, "resolved")
        if action == "trigger" or state != "resolved":
            is_acknowledged = action == "trigger" and state == "acknowledged"
            self.alerts[dedup_key] = "acknowledged" if is_acknowledged else STATES[action]

    def faults_of(self, event: Any) -> list[str]:
        if not isinstance(event, dict):
            return ["the event is not an object"]
        faults = [] if event.get("routing_key") == self.key else ["Invalid routing key"]
        action = event.get("event_action")
        if action not in STATES:
            faults.append("'event_action' is not one of trigger, acknowledge, resolve")
        if action != "trigger" and not event.get("dedup_key"):
            faults.append("'dedup_key' is missing or blank")
        if len(event.get("dedup_key") or "") > 255:
            faults.append("'dedup_key' is too long")
        if action == "trigger":
            faults += faults_of_payload(event.get("payload"))
        faults += [
            "'links' is invalid"
            for link in event.get("links", ())
            if not link.get("href", "").startswith(("http://", "https://"))
        ]
        return faults


def faults_of_payload(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    faults = [
        f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.get(name)
    ]
    if len(payload.get("summary") or "") > 1024:
        faults.append("'payload.summary' is too long")
    if payload.get("severity") not in SEVERITIES:
        faults.append("'payload.severity' is invalid")
    return faults


def invalid(*faults: str) -> Reply:
    told = {"status": "invalid event", "message": "Event object is invalid", "errors": list(faults)}
    return 400, {"Content-Type": "application/json"}, json.dumps(told).encode()
