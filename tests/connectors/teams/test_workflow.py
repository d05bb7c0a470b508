"""A workflow's only success is an empty answer, and its URL is never told."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.secret import Secret
from tocsin.connectors.teams.card import Card
from tocsin.connectors.teams.workflow import Workflow
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

CARD = Card(title="login failures", text="61")


def test_a_card_starts_the_workflow(teams: Any) -> None:
    assert Workflow().post(CARD, Secret(teams.hook)).answer == "202"
    assert teams.cards[0]["body"][0]["text"] == "login failures"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"TriggerInputSchemaMismatch", FailureKind.REFUSED),
        (401, b"", FailureKind.MISCONFIGURED),
        (404, b"WorkflowNotFound", FailureKind.MISCONFIGURED),
        (413, b"", FailureKind.REFUSED),
        (429, b"", FailureKind.RETRY_LATER),
        (502, b"", FailureKind.RETRY_LATER),
        (200, b"Webhook message delivery failed with error: HTTP 429", FailureKind.UNKNOWN),
        (202, b"<html>", FailureKind.UNKNOWN),
    ],
)
def test_an_answer_has_its_kind(teams: Any, status: int, body: bytes, kind: FailureKind) -> None:
    teams.reply = lambda got: (status, {}, body + teams.hook.encode())
    with pytest.raises(DeliveryFailed) as failed:
        Workflow().post(CARD, Secret(teams.hook))
    assert (failed.value.kind, failed.value.status) == (kind, status)
    assert "a-very-secret-signature" not in failed.value.reason


@pytest.mark.parametrize("body", [b"", b"1"])
def test_the_older_answer_is_a_success_too(teams: Any, body: bytes) -> None:
    teams.reply = lambda got: (200, {}, body)
    assert Workflow().post(CARD, Secret(teams.hook)).answer == "200"
