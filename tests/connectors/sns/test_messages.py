"""What lies in a message of SNS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nouns import NOON
from tocsin.connectors.hook import HookRequest
from tocsin.connectors.sns.messages import LIVES, read_message, read_raw

ALARM = {"AlarmName": "cpu", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:cpu", "NewStateValue": "ALARM"}
FINDING = {"detail-type": "GuardDuty Finding", "detail": {"id": "x", "severity": 8}}


def _message(inner: object, **given: Any) -> dict[str, Any]:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return {
        "Type": "Notification",
        "MessageId": "m1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:t",
        "Message": text,
        **given,
    }


@pytest.mark.parametrize(
    ("inner", "origins"),
    [(ALARM, {"cloudwatch"}), (FINDING, {"guardduty"}), ({"detail-type": "Other", "source": "x"}, set())],
)
def test_alarms_and_findings_are_told_by_what_they_are(inner, origins) -> None:
    for found in (
        read_message(_message(inner), NOON),
        read_raw(HookRequest(headers={}, body=json.dumps(inner).encode(), source="t", now=NOON)),
    ):
        assert {report.report.source for report in found.reports} == origins
        assert len(found.signals) == 1


@pytest.mark.parametrize("text", ["the disk is full", "[1, 2]", '{"a": 1}', "7", '"x"', "{"])
def test_any_other_text_is_an_alert_for_a_day(text: str) -> None:
    (report,) = read_message(_message(text, Subject="Disk"), NOON).reports
    assert (report.key, report.report.labels["alertname"], report.report.labels["topic"]) == (
        "m1",
        "Disk",
        "t",
    )
    assert report.report.ends_at == NOON + LIVES


def test_without_a_subject_the_text_is_the_title() -> None:
    (report,) = read_message(_message("the disk is full"), NOON).reports
    assert report.report.labels["alertname"] == "the disk is full"
    raw = HookRequest(headers={}, body=b"the disk is full", source="t", now=NOON)
    assert read_raw(raw).reports[0].report.labels["alertname"] == "the disk is full"


def test_a_confirmation_is_an_errand_and_nothing_else() -> None:
    message = _message("x", Type="SubscriptionConfirmation", SubscribeURL="https://sns.x.amazonaws.com/?t")
    found = read_message(message, NOON)
    (errand,) = found.errands
    assert errand.args == {"url": "https://sns.x.amazonaws.com/?t", "topic": "arn:aws:sns:eu-west-1:1:t"}
    assert found.reports == ()


def test_the_end_of_a_subscription_is_an_alert() -> None:
    (report,) = read_message(_message("x", Type="UnsubscribeConfirmation"), NOON).reports
    assert report.report.labels["alertname"] == "SnsUnsubscribed"
