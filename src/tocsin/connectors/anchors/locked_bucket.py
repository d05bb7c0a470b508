"""Keeps heads in an S3 bucket under Object Lock in compliance mode, best in a second account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from tocsin.connectors.aws_client import aws_client
from tocsin.domain.clock import Clock
from tocsin.domain.ports.anchoring import Anchored
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

PROBE = "tocsin-probe"


@dataclass(frozen=True, slots=True)
class LockedBucket:
    """One bucket. Governance mode can be bypassed by a permission, so only compliance mode is used."""

    bucket: str
    retain: timedelta
    clock: Clock
    client: Any

    @property
    def name(self) -> str:
        return "locked-bucket"

    def probe(self) -> str:
        """Keep a small object and try to delete that version of it, which must be refused."""
        kept = self._put(PROBE, b"Tocsin tries whether this can be deleted.\n", timedelta(days=1))
        try:
            self.client.delete_object(Bucket=self.bucket, Key=PROBE, VersionId=kept)
        except ClientError as refused:
            status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 403:
                return f"The bucket {self.bucket} refused to delete a locked object."
            raise _failed(refused) from refused
        except BotoCoreError as error:
            raise _failed(error) from error
        raise DeliveryFailed(
            FailureKind.MISCONFIGURED, f"the bucket {self.bucket} let us delete a locked object"
        )

    def keep(self, origin: str, size: int, note: str) -> Anchored:
        """Keep the note under its origin and size; the same head again is another version of it."""
        now = self.clock.now()
        key = f"checkpoints/{origin}/{size:020}"
        version = self._put(key, note.encode(), self.retain)
        return Anchored(reference=f"s3://{self.bucket}/{key}?versionId={version}", proof=b"", at=now)

    def _put(self, key: str, content: bytes, retain: timedelta) -> str:
        until: datetime = (self.clock.now() + retain).astimezone(UTC)
        try:
            answer = self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType="text/plain; charset=utf-8",
                ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
            )
        except (ClientError, BotoCoreError) as error:
            raise _failed(error) from error
        version = str(answer.get("VersionId") or "")
        if version in ("", "null"):
            raise DeliveryFailed(
                FailureKind.MISCONFIGURED, f"the bucket {self.bucket} keeps no versions, so nothing is locked"
            )
        return version


def make(bucket: str, retain_days: int, region: str, url: str, clock: Clock) -> LockedBucket:
    """Return the anchor; nothing is asked yet."""
    client = aws_client("s3", region=region, url=url)
    return LockedBucket(bucket, timedelta(days=retain_days), clock, client)


def _failed(error: Exception) -> DeliveryFailed:
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))[:80]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        is_ours = isinstance(status, int) and 400 <= status < 500 and status != 429
        kind = FailureKind.MISCONFIGURED if is_ours else FailureKind.RETRY_LATER
        return DeliveryFailed(kind, f"S3 refused: {code}", status=status)
    return DeliveryFailed(FailureKind.RETRY_LATER, f"S3 did not answer: {type(error).__name__}")
