"""A group is one PagerDuty alert, under the key and in the shape that Alertmanager used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from group_notifications import captured, captured_group, firing, integration, resolved
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.pagerduty.notifier import PagerDutyNotifier, build_notifier, event_of
from tocsin.domain.clock import SystemClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

NOTIFIER = PagerDutyNotifier(Outbound(time_limit_s=20))


@pytest.mark.parametrize("name", ["trigger", "resolve"])
def test_the_event_is_alertmanagers_own(shared: Path, name: str) -> None:
    told = captured(shared, f"alertmanager_pagerduty_v2_{name}")["body"]
    routing_key, payload = told.pop("routing_key"), told["payload"]
    settings = {
        "client": told["client"],
        "client_url": told["client_url"],
        "description": payload["summary"],
        "details": payload["custom_details"],
        "images": told["images"],
        "links": told["links"],
        **{part: payload[part] for part in ("source", "severity", "class", "component", "group")},
    }
    group = captured_group(shared)
    assert routing_key
    assert event_of(group if name == "trigger" else resolved(group), settings) == told


def test_a_group_begins_and_ends_one_alert(pagerduty: Any) -> None:
    told = integration("pagerduty", routing_key=pagerduty.key, url=f"{pagerduty.url}v2/enqueue")
    first = NOTIFIER.notify(firing(), told)
    NOTIFIER.notify(firing(), told)
    assert list(pagerduty.alerts.values()) == ["triggered"]
    NOTIFIER.notify(resolved(firing()), told)
    assert list(pagerduty.alerts.values()) == ["resolved"]
    assert first == Receipt("202 Event processed", next(iter(pagerduty.alerts)))


def test_without_rendered_texts_the_subject_and_error_stand_in() -> None:
    made = event_of(firing(), {"description": '{{ template "x" . }}', "client": '{{ template "y" . }}'})
    assert (made["payload"]["summary"], made["payload"]["severity"], made["client"]) == (
        "[FIRING:2] AuthFailureSpike lab (critical)",
        "error",
        "Tocsin",
    )


def test_a_key_in_a_file_is_read_each_time(pagerduty: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{pagerduty.key}\n")
    told = integration("pagerduty", routing_key_file=str(tmp_path / "key"), url=f"{pagerduty.url}v2/enqueue")
    NOTIFIER.notify(firing(), told)
    assert len(pagerduty.events) == 1


def test_a_service_key_speaks_the_older_api(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b'{"status":"success","message":"Event processed"}')
    told = integration("pagerduty", service_key="older-key", url=partner.url)
    assert NOTIFIER.notify(firing(), told).answer == "200 success"
    sent = json.loads(partner.received[0].body)
    assert (sent["service_key"], sent["event_type"], len(sent["incident_key"])) == (
        "older-key",
        "trigger",
        64,
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"invalid older-key", FailureKind.REFUSED),
        (403, b"", FailureKind.MISCONFIGURED),
        (503, b"", FailureKind.RETRY_LATER),
        (200, b"<html>", FailureKind.UNKNOWN),
    ],
)
def test_an_answer_of_the_older_api_has_its_kind(
    partner: Any, status: int, body: bytes, kind: FailureKind
) -> None:
    partner.reply = lambda got: (status, {}, body)
    with pytest.raises(DeliveryFailed) as failed:
        NOTIFIER.notify(firing(), integration("pagerduty", service_key="older-key", url=partner.url))
    assert (failed.value.kind, "older-key" in failed.value.reason) == (kind, False)


def test_without_any_key_it_is_misconfigured() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        build_notifier(SystemClock()).notify(firing(), integration("pagerduty"))
    assert failed.value.kind is FailureKind.MISCONFIGURED
