"""Objects of S3 are listed page by page and fetched within bounds, against moto's S3."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from tocsin.connectors.aws_client import AwsRefused
from tocsin.connectors.s3.bucket import Bucket
from tocsin.connectors.s3.places import Place


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="trail")
        yield client


def test_objects_are_listed_in_pages_and_fetched_within_bounds(s3) -> None:
    for number in range(1003):
        s3.put_object(Bucket="trail", Key=f"AWSLogs/{number:04}.json", Body=b"0123456789")
    s3.put_object(Bucket="trail", Key="elsewhere.json", Body=b"x")
    bucket = Bucket(Place("cloudtrail", "trail", "AWSLogs/"), region="us-east-1", url="")
    pages = list(bucket.pages())
    assert [len(page) for page in pages] == [1000, 3]
    assert (pages[1][-1].key, pages[1][-1].size) == ("AWSLogs/1002.json", 10)
    assert bucket.fetch("AWSLogs/0000.json", 4) == b"0123"


def test_what_is_not_there_is_explained(s3) -> None:
    with pytest.raises(AwsRefused, match="NoSuchKey"):
        Bucket(Place("a", "trail", ""), region="us-east-1", url="").fetch("nothing", 9)
    with pytest.raises(AwsRefused, match="NoSuchBucket"):
        list(Bucket(Place("a", "nowhere", ""), region="us-east-1", url="").pages())
