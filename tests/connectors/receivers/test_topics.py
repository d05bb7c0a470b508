"""SNS is told by AWS's own client; what moto and Alertmanager's own request hold is what we send."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import orjson
import pytest
from moto import mock_aws

from nouns import NOON, an_alert
from tocsin.connectors.receivers.topics import SnsNotifier, build_notifier
from tocsin.domain.clock import PushedClock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TOLD = Notification(
    key="n1",
    group_key="g",
    receiver="ops",
    at=NOON,
    alerts=(an_alert(),),
    group_labels={"alertname": "DiskFull"},
    external_url="https://tocsin.example",
)
SIGNING = {"access_key": "AKIDEXAMPLE", "secret_key": "a-very-secret-key", "region": "eu-west-1"}
ARN = "arn:aws:sns:eu-west-1:123456789012:alarms"


def integration(**settings: Any) -> Integration:
    settings = {"sigv4": SIGNING, "subject": "alarm", "message": "it is full", **settings}
    return Integration(receiver="ops", kind="sns", number=0, send_resolved=True, settings=settings)


def failure(told: Integration) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        SnsNotifier().notify(TOLD, told)
    return failed.value


@mock_aws
def test_a_topic_takes_it_as_aws_would() -> None:
    client = boto3.client("sns", region_name="eu-west-1")
    arn = client.create_topic(Name="alarms")["TopicArn"]
    receipt = build_notifier(PushedClock(NOON)).notify(TOLD, integration(topic_arn=arn))
    assert receipt.answer == f"published as {receipt.reference}"


@mock_aws
def test_a_topic_that_is_not_there_is_misconfigured() -> None:
    failed = failure(integration(topic_arn=ARN))
    assert (failed.kind, failed.status) == (FailureKind.MISCONFIGURED, 404)
    assert "a-very-secret-key" not in failed.reason


def test_the_request_is_the_one_that_alertmanager_sent(partner: Any, shared: Path) -> None:
    captured = orjson.loads((shared / "captures" / "alertmanager_sns_publish.json").read_bytes())
    theirs = {name: texts[0] for name, texts in parse_qs(captured["body_text"]).items()}
    partner.reply = lambda got: (200, {"Content-Type": "text/xml"}, _PUBLISHED)
    told = integration(
        api_url=partner.url,
        topic_arn=theirs["TopicArn"],
        message=theirs["Message"],
        subject=theirs["Subject"],
    )
    assert SnsNotifier().notify(TOLD, told).reference == "m-1"
    (got,) = partner.received
    assert {name: texts[0] for name, texts in parse_qs(got.body.decode()).items()} == theirs
    assert got.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


def test_a_queue_of_order_a_telephone_and_attributes_are_asked_for_as_sns_wants_them(partner: Any) -> None:
    partner.reply = lambda got: (200, {"Content-Type": "text/xml"}, _PUBLISHED)
    signing = {**SIGNING, "region": ""}
    SnsNotifier().notify(
        TOLD,
        integration(
            api_url=partner.url,
            sigv4=signing,
            topic_arn=f"{ARN}.fifo",
            attributes={"team": "ops"},
            subject="Größe",
        ),
    )
    SnsNotifier().notify(
        TOLD, integration(api_url=partner.url, phone_number="+491701234567", message="x" * 9000)
    )
    topic, telephone = ({n: t[0] for n, t in parse_qs(got.body.decode()).items()} for got in partner.received)
    assert (topic["MessageDeduplicationId"], topic["Subject"]) == ("n1", "Gr??e")
    assert topic["MessageAttributes.entry.1.Value.StringValue"] == "ops"
    assert "Subject" not in telephone
    assert len(telephone["Message"]) == 1600


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("Throttling", 400, FailureKind.RETRY_LATER),
        ("InvalidParameter", 400, FailureKind.REFUSED),
        ("InternalError", 500, FailureKind.RETRY_LATER),
        ("AuthorizationError", 403, FailureKind.MISCONFIGURED),
    ],
)
def test_refusals_are_sorted(partner: Any, code: str, status: int, kind: FailureKind) -> None:
    partner.reply = lambda got: (status, {"Content-Type": "text/xml"}, _ERROR % code.encode())
    failed = failure(integration(api_url=partner.url, topic_arn=ARN))
    assert (failed.kind, failed.status) == (kind, status)


def test_what_cannot_be_reached_or_asked_is_sorted(dead_port: int) -> None:
    away = integration(api_url=f"http://127.0.0.1:{dead_port}/", topic_arn=ARN)
    assert failure(away).kind is FailureKind.RETRY_LATER
    nowhere = integration(sigv4={**SIGNING, "region": "", "profile": "none-such"}, phone_number="+49170")
    assert failure(nowhere).kind is FailureKind.MISCONFIGURED
    assert (
        failure(replace(away, settings={**away.settings, "api_url": "no url"})).kind
        is FailureKind.MISCONFIGURED
    )


_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    b"<MessageId>m-1</MessageId></PublishResult></PublishResponse>"
)
_ERROR = (
    b'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
    b"<Code>%s</Code><Message>no</Message></Error></ErrorResponse>"
)
