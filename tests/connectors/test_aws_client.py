"""AWS's refusals are explained, and say nothing of who asked."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tocsin.connectors.aws_client import AwsRefused, asked, aws_client


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "arn:secret"}}, "GetObject"),
            "AccessDenied",
        ),
        (ClientError({}, "GetObject"), "unknown"),
        (EndpointConnectionError(endpoint_url="https://secret"), "EndpointConnectionError"),
    ],
)
def test_a_refusal_names_its_code_alone(error, told) -> None:
    with pytest.raises(AwsRefused) as refused, asked("a bucket"):
        raise error
    assert told in refused.value.happened
    assert "secret" not in refused.value.explain()


def test_a_client_has_limits(monkeypatch) -> None:
    client = aws_client("s3", region="eu-west-1", url="http://127.0.0.1:1")
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout, client.meta.region_name) == (5, 30, "eu-west-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(AwsRefused, match="NoRegion"):
        aws_client("logs", region="", url="")
