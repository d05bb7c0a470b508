"""Makes calls of AWS, one at a time and within limits, and sorts what goes wrong into the four kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore import xform_name  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
)
from botocore.handlers import json_decode_policies  # type: ignore[import-untyped]

from tocsin.connectors.aws_client import AwsRefused, aws_client
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.fence import check_hold
from tocsin.domain.ports.delivery import FailureKind

SERVICES = frozenset(
    {
        "cloudtrail",
        "cognito-idp",
        "ec2",
        "ecs",
        "events",
        "guardduty",
        "iam",
        "logs",
        "s3",
        "scheduler",
        "secretsmanager",
        "ssm",
        "sts",
        "wafv2",
    }
)
"""The services that plays of this folder ask for; a call of any other is refused."""

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_THROTTLED = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ServiceUnavailable|LimitExceededPerSecond"
    r"|RequestThrottled|PriorRequestNotComplete|ConcurrentModification|TemporarilyUnmodifiable"
)
_RIGHTS = re.compile(
    r"AccessDenied|Unauthorized|NotAuthorized|AuthFailure|ExpiredToken|InvalidClientTokenId"
    r"|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|OptInRequired|MissingAuthenticationToken"
)
_NOTHING_LEFT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_SETTINGS = (
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

ClientOf = Callable[[str, str, int], Any]
"""Makes a client: of which service, in which region (empty: the configured one), with how many attempts."""

# What changes something is tried once: after a lost answer, a second try could do it twice.
_ATTEMPTS_READING, _ATTEMPTS_CHANGING = 3, 1


class AwsCaller:
    """Calls AWS. The service of a call is `aws.<service>` or `aws.<service>.<region>`."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client_of = client_of
        self._clock = clock
        self._clients: dict[tuple[str, str, int], Any] = {}

    def call(self, call: Call) -> Any:
        """Make one call. Times in the answer are ISO texts; policies of IAM are as IAM holds them.

        `aws.clock` is answered here: it is what plays know of the time. Raises `CallFailed`.
        """
        if call.service == "aws.clock":
            return self._clock.now().isoformat()
        try:
            asked = getattr(self._client(call), xform_name(call.operation))
        except AttributeError:
            raise CallFailed(FailureKind.REFUSED, f"AWS has no operation {call.operation[:80]}") from None
        if call.changes:
            check_hold()
        try:
            answer = asked(**call.parameters)
        except ClientError as error:
            raise _answered(call, error) from None
        except BotoCoreError as error:
            raise _unanswered(call, error) from None
        return {name: _plain(value) for name, value in answer.items() if name != "ResponseMetadata"}

    def _client(self, call: Call) -> Any:
        _, service, region = (*call.service.split(".", 2), "", "")[:3]
        if service not in SERVICES or (region and not _REGION.fullmatch(region)):
            raise CallFailed(FailureKind.REFUSED, f"{call.service[:80]!r} is no service that is called")
        place = (service, region, _ATTEMPTS_CHANGING if call.changes else _ATTEMPTS_READING)
        if place not in self._clients:
            self._clients[place] = self._made(place)
        return self._clients[place]

    def _made(self, place: tuple[str, str, int]) -> Any:
        try:
            client = self._client_of(*place)
        except AwsRefused as error:
            raise CallFailed(FailureKind.MISCONFIGURED, error.happened) from None
        # A policy that is put back must be the one that was read, so its text is left as IAM gave it.
        client.meta.events.unregister("after-call.iam", json_decode_policies)
        return client


def make(values: Mapping[str, str], clock: Clock) -> AwsCaller:
    """Return the caller for the settings of the connector; who we are is known as AWS's own tools know it."""
    settled, url = values.get("TOCSIN_AWS_REGION", ""), values.get("TOCSIN_AWS_URL", "")

    def client_of(service: str, region: str, attempts: int) -> Any:
        return aws_client(service, region=region or settled, url=url, attempts=attempts)

    return AwsCaller(client_of, clock)


def _answered(call: Call, error: ClientError) -> CallFailed:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))[:80]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return CallFailed(
        _kind(call, code, status or 0), f"{call.operation}: AWS answered {code}", code=code, status=status
    )


def _kind(call: Call, code: str, status: int) -> FailureKind:
    if _THROTTLED.search(code) or status == 429:
        return FailureKind.RETRY_LATER
    if _RIGHTS.search(code):
        return FailureKind.MISCONFIGURED
    if status >= 500:
        return FailureKind.UNKNOWN if call.changes else FailureKind.RETRY_LATER
    return FailureKind.REFUSED


def _unanswered(call: Call, error: BotoCoreError) -> CallFailed:
    reason = f"{call.operation}: {type(error).__name__}"
    if isinstance(error, _SETTINGS):
        return CallFailed(FailureKind.MISCONFIGURED, reason)
    if isinstance(error, ParamValidationError):
        return CallFailed(FailureKind.REFUSED, reason)
    if isinstance(error, _NOTHING_LEFT) or not call.changes:
        return CallFailed(FailureKind.RETRY_LATER, reason)
    return CallFailed(FailureKind.UNKNOWN, reason)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
