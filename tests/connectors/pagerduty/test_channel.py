"""An incident's messages begin, acknowledge and end one PagerDuty alert, however often they are sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pagerduty as oracle
import pytest

from http_partner import replayed
from tocsin.connectors.pagerduty.channel import PagerDutyChannel
from tocsin.connectors.pagerduty.events_api import EventsApi
from tocsin.connectors.secret import Secret
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

PAGE = Message(
    key="page:7c1f",
    subject="P1 Critical: login failures",
    text="61 failures",
    link="https://tocsin.example/p/1",
    severity="P1",
    incident="INC-1",
    incident_key="tocsin-INC-1",
    is_page=True,
)


def channel(pagerduty: Any) -> PagerDutyChannel:
    return PagerDutyChannel({"ops": Secret(pagerduty.key)}, EventsApi(pagerduty.url))


def test_the_pretend_pagerduty_treats_pagerdutys_own_client_as_pagerduty_would(
    serve_http: Any, pagerduty: Any, certificate: Any
) -> None:
    secure = serve_http(type(pagerduty)(), certificate.server)
    client = oracle.EventsApiV2Client(secure.key, base_url=secure.url.rstrip("/"), verify=certificate.trust)
    given = client.trigger("login failures", "agent-gateway", payload={"component": "idp"})
    assert secure.alerts == {given: "triggered"}
    assert client.trigger("again", "agent-gateway", dedup_key="ours") == "ours"
    client.acknowledge("ours")
    assert secure.alerts["ours"] == "acknowledged"
    client.resolve("ours")
    client.resolve("never begun")
    assert secure.alerts == {given: "triggered", "ours": "resolved"}
    for summary, severity in (("", "critical"), ("x" * 1025, "critical"), ("x", "P1")):
        with pytest.raises(oracle.HttpError):
            client.trigger(summary, "agent-gateway", severity=severity)
    eve = oracle.EventsApiV2Client("E" * 32, base_url=secure.url.rstrip("/"), verify=certificate.trust)
    with pytest.raises(oracle.HttpError):
        eve.trigger("x", "agent-gateway")


def test_an_incident_is_one_alert_from_beginning_to_end(pagerduty: Any) -> None:
    sending = channel(pagerduty)
    seen = []
    for event in ("page", "opened", "page", "acknowledged", "escalated", "changed", "resolved"):
        receipt = sending.send(replace(PAGE, event=event), "ops")
        assert receipt == Receipt("202 Event processed", "tocsin-INC-1")
        seen.append(dict(pagerduty.alerts))
    assert [state["tocsin-INC-1"] for state in seen] == [
        *("triggered", "triggered", "triggered"),
        *("acknowledged", "acknowledged", "acknowledged"),
        "resolved",
    ]
    assert all(len(state) == 1 for state in seen)


def test_the_address_may_be_a_name_or_a_key(pagerduty: Any) -> None:
    channel(pagerduty).send(PAGE, pagerduty.key)
    assert len(pagerduty.events) == 1


@pytest.mark.parametrize("address", ["night", "", "too short"])
def test_an_address_that_is_neither_is_misconfigured_and_sends_nothing(pagerduty: Any, address: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        channel(pagerduty).send(PAGE, address)
    assert (failed.value.kind, pagerduty.received) == (FailureKind.MISCONFIGURED, [])


def test_an_outside_key_that_is_wrong_is_misconfigured_and_not_told(pagerduty: Any) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        channel(pagerduty).send(PAGE, "E" * 32)
    assert (failed.value.kind, failed.value.status) == (FailureKind.MISCONFIGURED, 400)
    assert "E" * 32 not in failed.value.reason


def test_the_pretend_pagerduty_takes_what_pagerdutys_client_and_alertmanager_sent(
    pagerduty: Any, shared: Path
) -> None:
    captures = shared / "captures"
    sent = json.loads((captures / "python_clients_requests.json").read_text())["requests"]
    sent = [one for one in sent if one["path"] == "/pd/v2/enqueue"]
    alertmanager = [
        json.loads((captures / f"alertmanager_pagerduty_v2_{name}.json").read_text())
        for name in ("trigger", "resolve")
    ]
    sent += [one | {"json": one["body"]} for one in alertmanager]
    assert {replayed(pagerduty, one, "/pd/") for one in sent} == {202}
    assert pagerduty.alerts == {"inc-1": "triggered", alertmanager[0]["body"]["dedup_key"]: "resolved"}
