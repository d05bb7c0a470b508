"""Proves and reads PagerDuty's webhooks, version 3: their incidents, and what people do there to ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.connectors.hook import (
    HookRequest,
    HookSecret,
    KeyedReport,
    ReadHook,
    Verified,
    demand,
    digest_of,
    hex_hmac,
    keyed,
    same,
    the_one,
)
from tocsin.connectors.instant import event_instant
from tocsin.connectors.leaves import decoded_object, label, leaf, line_of, text, url, word
from tocsin.connectors.refusal import UnknownFormat
from tocsin.domain.partner import ActKind, PartnerAct

# https://developer.pagerduty.com/docs/webhooks-overview and .../verifying-webhook-signatures
SIGNATURE = "x-pagerduty-signature"
MOST_SIGNATURES = 10
PARTNER = "pagerduty"

_BEGINS = frozenset({"incident.triggered", "incident.reopened", "incident.unacknowledged"})
_ENDS = frozenset({"incident.resolved"})
_CHANGES = frozenset({"incident.priority_updated", "incident.acknowledged", "incident.escalated"})
_ACTS = {"incident.acknowledged": ActKind.ACKNOWLEDGE, "incident.resolved": ActKind.RESOLVE}
_URGENCY = {"high": "critical", "low": "warning"}


@dataclass(frozen=True, slots=True)
class PagerDutyHook:
    """PagerDuty's webhooks, version 3."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return nothing: the body says what it is."""
        return ""

    def token(self, request: HookRequest) -> str:
        """Return nothing: bodies are signed."""
        return ""

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove the raw bytes by any of the signatures given. No time is signed. Raises `Forged`.

        `X-Webhook-Id` is not signed either, so a body, which holds the event's id, is known by itself.
        """
        header = demand(request.headers, SIGNATURE, "signature")
        given = [part.strip() for part in header.split(",")[:MOST_SIGNATURES]]

        def proves(secret: HookSecret) -> bool:
            expected = f"v1={hex_hmac(secret, request.body)}"
            return any([same(one, expected) for one in given])

        proved = the_one(secrets, proves, "its signature is wrong")
        return Verified(secret=proved, replay_key=digest_of(request.body))

    def read(self, request: HookRequest) -> ReadHook:
        """Read one event. Raises `NotJson`, `UnknownFormat`."""
        found = decoded_object(request.body)
        event = leaf(found, "event")
        kind = word(event, "event_type")
        if not kind:
            raise UnknownFormat("The body is no event of PagerDuty's webhooks, version 3.")
        if kind == "pagey.ping":
            return ReadHook()
        signal = line_of({"pagerduty_event": kind, **found})
        if not kind.startswith("incident.") or not word(event, "data", "id"):
            return ReadHook(signals=(signal,))
        report = _report(event, kind)
        act = _act(event, kind)
        return ReadHook(
            reports=(report,) if report else (),
            acts=(act,) if act else (),
            incident=word(event, "data", "incident_key"),
            signals=(signal,),
        )


def _report(event: Any, kind: str) -> KeyedReport | None:
    """Return what an incident of theirs is to us: an alert from its trigger to its end."""
    if kind not in _BEGINS | _ENDS | _CHANGES:
        return None
    about = leaf(event, "data")
    at = event_instant(leaf(event, "occurred_at"))
    title = label(about, "title")
    priority = label(about, "priority", "summary")
    labels = {
        "alertname": title or "PagerDuty incident",
        "service": label(about, "service", "summary"),
        "severity": priority or _URGENCY.get(word(about, "urgency"), ""),
        "pagerduty_incident": label(about, "id"),
    }
    annotations = {"summary": title, "description": text(about, "description")}
    begun = event_instant(leaf(about, "created_at")) or at
    ended = at if kind in _ENDS else None
    return keyed(
        word(about, "id"), labels, annotations, link=url(about, "html_url"), begun=begun, ended=ended
    )


def _act(event: Any, kind: str) -> PartnerAct | None:
    """Return what a person did. Our own doing comes back without a person as agent, and is none."""
    done = _ACTS.get(kind)
    agent = leaf(event, "agent")
    if kind == "incident.annotated":
        agent, done = leaf(event, "data", "agent") or agent, ActKind.NOTE
    if done is None or word(agent, "type") not in ("user_reference", "user"):
        return None
    return PartnerAct(
        partner=PARTNER,
        person=label(agent, "id"),
        shown=label(agent, "summary"),
        kind=done,
        incident=word(event, "data", "incident_key"),
        text=text(event, "data", "content") if done is ActKind.NOTE else "",
    )


HOOK = PagerDutyHook()
