"""One incident of ours is one incident of the status page, told in words that are fit for the public."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.statuspage.channel import StatuspageChannel
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

OPENED = Message(
    key="notice-1",
    subject="[opened] P1 Critical INC-1: Eve is in agent-gateway",
    text="61 failed logins from 203.0.113.7",
    link="https://tocsin.example/incidents/INC-1",
    severity="P1",
    incident="INC-1",
    is_page=False,
    event="opened",
    incident_key="6f2c1a52",
)


def channel(fake: Any) -> StatuspageChannel:
    return StatuspageChannel(Secret(fake.key), fake.url, Outbound(time_limit_s=20))


def address(fake: Any) -> str:
    return f"{fake.page}/{','.join(fake.components)}"


def test_an_incident_opens_is_updated_and_is_resolved_in_one_place(statuspage: Any) -> None:
    opened = channel(statuspage).send(OPENED, address(statuspage))
    (kept,) = statuspage.incidents.values()
    assert (opened.reference, kept["status"], kept["impact_override"]) == (
        kept["id"],
        "investigating",
        "critical",
    )
    assert set(kept["components"].values()) == {"major_outage"}
    for event, status in (("acknowledged", "identified"), ("resolved", "resolved")):
        told = replace(OPENED, key=f"notice-{event}", event=event, thread=opened.reference)
        assert channel(statuspage).send(told, address(statuspage)).reference == kept["id"]
        assert kept["status"] == status
    assert set(kept["components"].values()) == {"operational"}
    assert len(statuspage.incidents) == 1


def test_the_public_reads_nothing_of_what_is_known_inside(statuspage: Any) -> None:
    channel(statuspage).send(OPENED, address(statuspage))
    told = json.dumps(list(statuspage.incidents.values()))
    assert [
        word for word in ("Eve", "203.0.113.7", "agent-gateway", "INC-1", "tocsin.example") if word in told
    ] == []


def test_a_try_that_was_cut_off_is_found_again_by_the_key(statuspage: Any) -> None:
    first = channel(statuspage).send(OPENED, address(statuspage))
    again = channel(statuspage).send(OPENED, address(statuspage))
    other = channel(statuspage).send(replace(OPENED, incident_key="another"), address(statuspage))
    assert first.reference == again.reference != other.reference


@pytest.mark.parametrize("event", ["page", "escalated", "unreached"])
def test_what_is_not_for_the_public_is_not_told(statuspage: Any, event: str) -> None:
    told = replace(OPENED, event=event, is_page=event == "page")
    assert "nothing to tell" in channel(statuspage).send(told, address(statuspage)).answer
    assert statuspage.received == []


def test_what_was_never_opened_is_not_resolved(statuspage: Any) -> None:
    told = replace(OPENED, event="resolved")
    assert "nothing to resolve" in channel(statuspage).send(told, address(statuspage)).answer
    assert statuspage.incidents == {}


def test_an_incident_without_a_key_is_known_by_its_name(statuspage: Any) -> None:
    channel(statuspage).send(replace(OPENED, incident_key="", severity="P4"), address(statuspage))
    (kept,) = statuspage.incidents.values()
    assert kept["metadata"] == {"tocsin": {"incident_key": "INC-1"}}
    assert set(kept["components"].values()) == {"degraded_performance"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (420, b"", FailureKind.RETRY_LATER),
        (503, b"", FailureKind.RETRY_LATER),
        (401, b"", FailureKind.MISCONFIGURED),
        (422, b"", FailureKind.REFUSED),
        (200, b"<html>", FailureKind.UNKNOWN),
        (200, b'{"metadata": 5}', FailureKind.UNKNOWN),
        (200, b'[{"metadata": {"tocsin": {"incident_key": "6f2c1a52"}}, "id": "../x"}]', FailureKind.UNKNOWN),
    ],
)
def test_answers_are_sorted(partner: Any, status: int, body: bytes, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {}, body)
    made = StatuspageChannel(Secret("k"), partner.url, Outbound(time_limit_s=20))
    with pytest.raises(DeliveryFailed) as failed:
        made.send(OPENED, "kctbh9vrtdwd/b13yz5g2cw10")
    assert failed.value.kind is kind


@pytest.mark.parametrize("wrong", ["", "kctbh9vrtdwd", "../x/b13yz5g2cw10", "kctbh9vrtdwd/b13y z5g2"])
def test_an_address_that_is_none_is_told_before_anything_is_sent(statuspage: Any, wrong: str) -> None:
    with pytest.raises(DeliveryFailed, match="the address") as failed:
        channel(statuspage).send(OPENED, wrong)
    assert failed.value.kind is FailureKind.MISCONFIGURED
    assert statuspage.received == []
