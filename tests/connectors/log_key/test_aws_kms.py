from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tocsin.connectors.log_key.aws_kms import signing_by, signing_in

ARN = "arn:aws:kms:eu-central-1:111122223333:key/one"
ASKED = {"KeyId": ARN, "Message": b"head", "MessageType": "RAW", "SigningAlgorithm": "ED25519_SHA_512"}


@pytest.fixture
def client():
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return boto3.client("kms", region_name="eu-central-1", **keys)


def test_the_bytes_are_signed_as_they_are(client) -> None:
    with Stubber(client) as stub:
        stub.add_response("sign", {"KeyId": ARN, "Signature": b"s" * 64}, ASKED)
        assert signing_by(client, ARN)(b"head") == b"s" * 64
        stub.assert_no_pending_responses()


def test_a_refusal_passes_through(client) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("sign", "KMSInvalidStateException", expected_params=ASKED)
        with pytest.raises(ClientError):
            signing_by(client, ARN)(b"head")


@pytest.mark.parametrize(
    ("key", "host"),
    [(ARN, "kms.eu-central-1.amazonaws.com"), ("alias/log", "kms.us-east-1.amazonaws.com")],
)
def test_an_arn_names_its_own_region(key: str, host: str, monkeypatch) -> None:
    seen = []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr(
        "botocore.endpoint.Endpoint._send", lambda self, request: seen.append(request.url) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        signing_in(key, "us-east-1", "")(b"head")
    assert host in seen[0]
