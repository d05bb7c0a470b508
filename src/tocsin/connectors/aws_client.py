"""Clients of AWS within limits of time, and AWS's refusals in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from tocsin.domain.errors import Explained


class AwsRefused(Explained):
    """AWS did not answer, or refused; it is asked again."""

    code: ClassVar[str] = "aws_refused"


def aws_client(name: str, *, region: str, url: str, attempts: int = 3) -> Any:
    """Return a client of one of AWS's services; who we are is known as AWS's own tools know it.

    It tries each call at most `attempts` times.
    """
    limits = Config(
        connect_timeout=5, read_timeout=30, retries={"total_max_attempts": attempts, "mode": "standard"}
    )
    with asked(name):
        return boto3.client(name, region_name=region or None, endpoint_url=url or None, config=limits)


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Turn what goes wrong while AWS is asked into `AwsRefused`; nothing of the request is repeated."""
    try:
        yield
    except ClientError as error:
        raise _refused(what, str(error.response.get("Error", {}).get("Code", "unknown"))[:80]) from error
    except BotoCoreError as error:
        raise _refused(what, type(error).__name__) from error


def _refused(what: str, why: str) -> AwsRefused:
    return AwsRefused(
        f"AWS refused or did not answer when asked for {what[:120]}: {why}.",
        means="Nothing is lost: what was not read yet is read next time.",
        next_step="Look at the rights of Tocsin's role, TOCSIN_AWS_REGION, and the network.",
    )
