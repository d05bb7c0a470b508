"""A message reaches Teams by the name of a workflow, or by its URL."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.teams.channel import TeamsChannel
from tocsin.connectors.teams.workflow import Workflow
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

PAGE = Message(
    key="page:1",
    subject="P1: login failures",
    text="61",
    link="https://tocsin.example/1",
    severity="P1",
    incident="INC-1",
    is_page=True,
)


def test_a_card_reaches_the_named_workflow(teams: Any) -> None:
    TeamsChannel({"ops": Secret(teams.hook)}).send(PAGE, "ops")
    assert len(teams.cards) == 1


def test_a_url_is_an_address_too(serve_http: Any, teams: Any, certificate: Any) -> None:
    secure = serve_http(type(teams)(), certificate.server)
    TeamsChannel({}, Workflow(Outbound(tls=certificate.trust, time_limit_s=20))).send(PAGE, secure.hook)
    assert len(secure.cards) == 1


@pytest.mark.parametrize("address", ["", "night", "http://plain.example/x"])
def test_an_address_that_leads_nowhere_is_misconfigured(address: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        TeamsChannel({}).send(PAGE, address)
    assert failed.value.kind is FailureKind.MISCONFIGURED
