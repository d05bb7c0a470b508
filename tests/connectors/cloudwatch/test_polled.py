"""CloudWatch is asked for events and metrics, against moto's."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from nouns import NOON
from tocsin.connectors.aws_client import AwsRefused
from tocsin.connectors.cloudwatch.polled import CloudWatch
from tocsin.connectors.cloudwatch.wanted import WantedMetric
from tocsin.domain.clock import SystemClock


@pytest.fixture
def watched(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield CloudWatch(region="eu-west-1", url="")


def test_events_of_a_time_are_told_by_aws(watched) -> None:
    # CloudWatch, and moto with it, takes no events of long ago.
    begin = int(SystemClock().now().timestamp() * 1000) - 60_000
    logs = boto3.client("logs", region_name="eu-west-1")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="one")
    events = [{"timestamp": begin + 1000 * n, "message": f"m{n}"} for n in range(3)]
    logs.put_log_events(logGroupName="app", logStreamName="one", logEvents=events)
    found = [event for page in watched.events("app", begin, begin + 1500) for event in page]
    assert [(event["message"], event["logStreamName"]) for event in found] == [("m0", "one"), ("m1", "one")]
    with pytest.raises(AwsRefused, match="ResourceNotFound"):
        list(watched.events("nowhere", 0, 1))


def test_metrics_are_samples_by_their_dimensions(watched) -> None:
    metrics = boto3.client("cloudwatch", region_name="eu-west-1")
    metrics.put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": queue}],
                "Timestamp": NOON - timedelta(minutes=3),
                "Value": value,
            }
            for queue, value in (("a", 7.0), ("b", 9.0))
        ],
    )
    wanted = WantedMetric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum")
    found = watched.samples(wanted, NOON - timedelta(minutes=15), NOON)
    by_queue = {dict(sample.labels)["queue_name"]: sample for sample in found}
    assert {queue: sample.value for queue, sample in by_queue.items()} == {"a": 7.0, "b": 9.0}
    assert dict(by_queue["a"].labels) == {
        "__name__": "aws_sqs_approximate_age_of_oldest_message_maximum",
        "job": "aws_sqs",
        "queue_name": "a",
        "region": "eu-west-1",
    }
    assert watched.samples(WantedMetric("No", "Such", "Sum"), NOON - timedelta(minutes=5), NOON) == ()
