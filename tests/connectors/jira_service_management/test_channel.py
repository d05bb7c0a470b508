"""An incident's messages make, acknowledge and close one alert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.connectors.jira_service_management.alerts_api import IntegrationAlerts
from tocsin.connectors.jira_service_management.channel import ServiceManagementChannel
from tocsin.connectors.secret import Secret
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

PAGE = Message(
    key="page:1",
    subject="P1: login failures",
    text="61",
    link="https://tocsin.example/1",
    severity="P1",
    incident="INC-1",
    incident_key="abc",
    is_page=True,
)


def channel(fake: Any) -> ServiceManagementChannel:
    door = IntegrationAlerts(Secret(fake.key), f"{fake.url}integration/v2/alerts")
    return ServiceManagementChannel({"ops": door})


def test_an_incident_is_one_alert_from_beginning_to_end(service_management: Any) -> None:
    seen = []
    for event in ("page", "opened", "acknowledged", "escalated", "resolved"):
        assert channel(service_management).send(replace(PAGE, event=event), "ops").reference == "abc"
        seen.append(service_management.states["abc"])
    assert seen == ["open", "open", "acknowledged", "acknowledged", "closed"]
    assert (service_management.counts, len(service_management.alerts)) == ({"abc": 3}, 1)


def test_the_address_may_name_a_responder(service_management: Any) -> None:
    channel(service_management).send(PAGE, "ops/team:Platform")
    assert service_management.alerts["abc"]["responders"] == [{"type": "team", "name": "Platform"}]


@pytest.mark.parametrize("address", ["", "night", "ops/crowd:x"])
def test_an_address_that_leads_nowhere_is_misconfigured(service_management: Any, address: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        channel(service_management).send(PAGE, address)
    assert (failed.value.kind, service_management.received) == (FailureKind.MISCONFIGURED, [])
