"""What is pushed by ntfy: loud as the severity says, within its limits, with a link that acknowledges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.connectors.ntfy.channel import NtfyChannel, payload_of
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

MESSAGE = Message(
    key="page-1-1",
    subject="P1 Critical INC-1: the disk is full",
    text="It is full since 12:00.",
    link="https://tocsin.example/acknowledge/1/x",
    severity="P1",
    incident="INC-1",
    is_page=True,
    runbook_url="https://runbooks.example/disk",
)


def channel(partner: Any, token: str = "tk_secret") -> NtfyChannel:
    return NtfyChannel(partner.url, Secret(token), Outbound(time_limit_s=20))


def test_a_page_rings_through_and_its_link_acknowledges(ntfy: Any) -> None:
    receipt = channel(ntfy, ntfy.token).send(MESSAGE, "nights")
    (sent,) = ntfy.messages
    assert (sent["topic"], sent["priority"], sent["click"]) == ("nights", 5, MESSAGE.link)
    assert [action["label"] for action in sent["actions"]] == ["Acknowledge", "Runbook"]
    assert receipt.reference == "m1"


@pytest.mark.parametrize(
    ("severity", "is_page", "priority"), [("P2", True, 4), ("P4", True, 2), ("P1", False, 3), ("", True, 3)]
)
def test_the_priority_follows_the_severity_of_pages(severity: str, is_page: bool, priority: int) -> None:
    assert payload_of(replace(MESSAGE, severity=severity, is_page=is_page), "t")["priority"] == priority


def test_a_text_is_cut_to_what_is_no_attachment_yet() -> None:
    made = payload_of(replace(MESSAGE, text="ü" * 5000), "t")["message"]
    assert len(made.encode()) <= 4096
    assert made.strip("ü…") == ""


def test_what_is_no_link_becomes_no_button() -> None:
    made = payload_of(replace(MESSAGE, link="javascript:alert(1)", runbook_url=""), "t")
    assert "actions" not in made
    assert "click" not in made


def test_a_public_topic_needs_no_token(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b'{"id":"x"}')
    channel(partner, "").send(MESSAGE, "t")
    assert "authorization" not in partner.received[0].headers


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", FailureKind.UNKNOWN),
        (200, b'{"id": 5}', FailureKind.UNKNOWN),
        (507, b'{"error":"insufficient storage"}', FailureKind.RETRY_LATER),
        (429, b'{"code":42901,"http":429,"error":"limit reached"}', FailureKind.RETRY_LATER),
        (403, b'{"code":40301,"http":403,"error":"forbidden"}', FailureKind.MISCONFIGURED),
        (413, b"", FailureKind.REFUSED),
    ],
)
def test_answers_are_sorted(partner: Any, status: int, body: bytes, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {}, body)
    with pytest.raises(DeliveryFailed) as failed:
        channel(partner).send(MESSAGE, "t")
    assert (failed.value.kind, failed.value.status) == (kind, status)


def test_a_topic_that_is_none_is_told_before_anything_is_sent(partner: Any) -> None:
    with pytest.raises(DeliveryFailed, match="no ntfy topic") as failed:
        channel(partner).send(MESSAGE, "a/../b")
    assert failed.value.kind is FailureKind.MISCONFIGURED
    assert partner.received == []
