"""What EventBridge sends to an API destination is proved by a header and known by its own id."""

from __future__ import annotations

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.guardduty.hook import HOOK, read_eventbridge
from tocsin.connectors.hook import Forged, HookRequest, HookSecret
from tocsin.connectors.secret import Secret

SECRETS = (HookSecret(secret=Secret("s"), name="1"),)
ALARM = {"alarmName": "cpu", "state": {"value": "ALARM"}}


def _request(event: object, **headers: str) -> HookRequest:
    return HookRequest(headers=headers, body=orjson.dumps(event), source="default", now=NOON)


@pytest.mark.parametrize("name", ["x-tocsin-token", "x-api-key"])
def test_the_connections_header_proves_it(name: str) -> None:
    assert HOOK.verify(_request({"id": "c8"}, **{name: "s"}), SECRETS).replay_key
    with pytest.raises(Forged):
        HOOK.verify(_request({"id": "c8"}, **{name: "t"}), SECRETS)


def test_what_names_no_delivery_can_be_repeated() -> None:
    for event in ({}, []):
        assert HOOK.verify(_request(event, **{"x-tocsin-token": "s"}), SECRETS).replay_key == ""


@pytest.mark.parametrize(
    ("event", "reports"),
    [
        ({"detail-type": "GuardDuty Finding", "detail": {"id": "x"}}, 1),
        ({"detail-type": "CloudWatch Alarm State Change", "detail": ALARM}, 2),
        ({"detail-type": "EC2 Instance State-change Notification", "detail": {}}, 0),
    ],
)
def test_findings_and_alarms_are_alerts_and_everything_is_a_signal(event, reports: int) -> None:
    found = read_eventbridge(event, NOON)
    assert (len(found.reports), len(found.signals)) == (reports, 1)
