"""Alerts are made and ended by their alias through either door, and only 202 with a request is success."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tocsin.connectors.jira_service_management.alerts_api import AccountAlerts, IntegrationAlerts
from tocsin.connectors.secret import Secret
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

ALERT = {"message": "login failures", "alias": "inc 1/ä", "details": {"Severity": "P1"}}


def by_key(fake: Any, key: str = "") -> IntegrationAlerts:
    return IntegrationAlerts(Secret(key or fake.key), f"{fake.url}integration/v2/alerts")


def by_account(fake: Any, token: str = "") -> AccountAlerts:
    return AccountAlerts(fake.user, Secret(token or fake.token), f"{fake.url}api/{fake.site}")


@pytest.mark.parametrize("door", [by_key, by_account])
def test_an_alert_lives_by_its_alias(service_management: Any, door: Any) -> None:
    alerts = door(service_management)
    states = []
    for step in ("create", "create", "acknowledge", "close", "create"):
        receipt = alerts.create(ALERT) if step == "create" else alerts.act(step, "inc 1/ä", "why")
        states.append(service_management.states["inc 1/ä"])
        assert receipt == Receipt("202 request 4c1f-1", "inc 1/ä")
    assert states == ["open", "open", "acknowledged", "closed", "open"]
    assert len(service_management.alerts) == 1


def test_what_is_not_open_is_closed_without_a_fault(service_management: Any) -> None:
    assert by_key(service_management).act("close", "never", "").answer == "202 request 4c1f-1"
    assert by_account(service_management).act("close", "never", "").answer == "no open alert to close"


def test_message_and_description_change_by_alias(service_management: Any) -> None:
    by_key(service_management).create(ALERT)
    by_key(service_management).change("message", "inc 1/ä", "more failures")
    assert service_management.alerts["inc 1/ä"]["message"] == "more failures"


@pytest.mark.parametrize("door", [by_key, by_account])
def test_a_wrong_secret_is_misconfigured(service_management: Any, door: Any) -> None:
    wrong = door(service_management, "eve")
    for act in (lambda: wrong.create(ALERT), lambda: wrong.act("close", "x", "")):
        with pytest.raises(DeliveryFailed) as failed:
            act()
        assert (failed.value.kind, failed.value.status) == (FailureKind.MISCONFIGURED, 401)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (422, b"{}", FailureKind.REFUSED),
        (429, b"{}", FailureKind.RETRY_LATER),
        (503, b"", FailureKind.RETRY_LATER),
        (200, b'{"requestId":"x"}', FailureKind.UNKNOWN),
        (202, b"{}", FailureKind.UNKNOWN),
        (202, b"<html>", FailureKind.UNKNOWN),
        (202, b"[]", FailureKind.UNKNOWN),
    ],
)
def test_an_answer_has_its_kind(partner: Any, status: int, body: bytes, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {}, body)
    with pytest.raises(DeliveryFailed) as failed:
        IntegrationAlerts(Secret("k"), partner.url).create(ALERT)
    assert (failed.value.kind, failed.value.status) == (kind, status)


@pytest.mark.parametrize("body", [b"{}", b'{"id":7}', b'{"id":"../../x"}', b"<html>"])
def test_an_alert_without_a_sound_id_is_unknown(partner: Any, body: bytes) -> None:
    partner.reply = lambda got: (200, {}, body)
    with pytest.raises(DeliveryFailed) as failed:
        AccountAlerts("ada", Secret("t"), partner.url).act("close", "x", "")
    assert failed.value.kind is FailureKind.UNKNOWN


@pytest.mark.parametrize(
    ("name", "alias_state"),
    [("create", "open"), ("update_message", "open"), ("update_description", "open"), ("close", "closed")],
)
def test_the_pretend_service_takes_what_alertmanager_sends_to_opsgenie(
    service_management: Any, shared: Path, name: str, alias_state: str
) -> None:
    for step in ("create", name):
        captured = json.loads((shared / "captures" / f"alertmanager_opsgenie_{step}.json").read_text())
        path = captured["path"].removeprefix("/opsgenie/")
        request = Request(
            f"{service_management.url}integration/{path}",
            data=json.dumps(captured["body"]).encode(),
            headers={
                "Authorization": f"GenieKey {service_management.key}",
                "Content-Type": "application/json",
            },
            method=captured["method"],
        )
        with urlopen(request) as answer:
            assert answer.status == 202
    assert list(service_management.states.values()) == [alias_state]
