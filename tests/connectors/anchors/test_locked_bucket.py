"""Heads lie in a bucket that lets nobody take them away; one that does is refused at the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tocsin.connectors.anchors.locked_bucket import make
from tocsin.domain.clock import SystemClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

HEAD = ("tocsin.example/audit", 7, "tocsin.example/audit\n7\nroot\n\n— line\n")


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        client.create_bucket(Bucket="open")
        yield client


def anchor(bucket):
    return make(bucket, 400, "us-east-1", "", SystemClock())


def test_a_head_is_kept_word_for_word_and_cannot_be_deleted(s3):
    anchored = anchor("locked").keep(*HEAD)
    key, _, version = anchored.reference.removeprefix("s3://locked/").partition("?versionId=")
    assert s3.get_object(Bucket="locked", Key=key)["Body"].read().decode() == HEAD[2]
    kept = s3.head_object(Bucket="locked", Key=key)
    assert kept["ObjectLockMode"] == "COMPLIANCE"
    left = kept["ObjectLockRetainUntilDate"] - SystemClock().now()
    assert timedelta(days=399) < left <= timedelta(days=400)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="locked", Key=key, VersionId=version)


def test_the_probe_tells_a_bucket_that_refuses_to_delete(s3):
    assert "refused to delete" in anchor("locked").probe()


@pytest.mark.parametrize("bucket", ["open", "missing"])
def test_a_bucket_that_cannot_lock_is_a_wrong_setting(s3, bucket):
    for does in (anchor(bucket).probe, lambda: anchor(bucket).keep(*HEAD)):
        with pytest.raises(DeliveryFailed) as failed:
            does()
        assert failed.value.kind is FailureKind.MISCONFIGURED


class Lax:
    """A store that pretends to lock."""

    def put_object(self, **given):
        return {"VersionId": "1"}

    def delete_object(self, **given):
        return {}


class Silent:
    def put_object(self, **given):
        return {"VersionId": "1"}

    def delete_object(self, **given):
        raise ClientError(
            {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "DeleteObject"
        )


def test_a_store_that_lets_us_delete_is_no_anchor(s3):

    with pytest.raises(DeliveryFailed, match="let us delete") as failed:
        replace(anchor("locked"), client=Lax()).probe()
    assert failed.value.kind is FailureKind.MISCONFIGURED
    with pytest.raises(DeliveryFailed, match="SlowDown") as failed:
        replace(anchor("locked"), client=Silent()).probe()
    assert failed.value.kind is FailureKind.RETRY_LATER


def test_a_store_that_does_not_answer_is_asked_again_later():
    away = make("locked", 1, "us-east-1", "http://127.0.0.1:1", SystemClock())
    with pytest.raises(DeliveryFailed, match="did not answer") as failed:
        away.keep(*HEAD)
    assert failed.value.kind is FailureKind.RETRY_LATER
