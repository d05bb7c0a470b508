"""Signs by an Ed25519 key in AWS KMS, which securesystemslib does not speak of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.connectors.aws_client import aws_client


def signing_in(key: str, region: str, url: str) -> Callable[[bytes], bytes]:
    """Return what signs by a key (its ARN or id); an ARN names its own region."""
    parts = key.split(":")
    own = parts[3] if len(parts) > 4 and parts[0] == "arn" else ""
    return signing_by(aws_client("kms", region=own or region, url=url, attempts=1), key)


def signing_by(client: Any, key: str) -> Callable[[bytes], bytes]:
    """Return what signs by a client of KMS; the message is signed as it is (Ed25519, RFC 8032)."""

    def sign(content: bytes) -> bytes:
        answer = client.sign(
            KeyId=key, Message=content, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512"
        )
        return bytes(answer["Signature"])

    return sign
