"""Where sources lie in S3, read from the settings; imports no client."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket and what its objects' keys begin with, read as one source."""

    source: str
    bucket: str
    prefix: str


def places_of(text: str) -> tuple[Place, ...]:
    """Read `source=bucket/prefix, ...`. Raises `Misconfigured`."""
    return tuple(_place(part.strip()) for part in text.split(",") if part.strip())


def is_wanted(key: str, size: int) -> bool:
    """Say whether an object holds records: folders, empty objects and CloudTrail's digests do not."""
    return size > 0 and not key.endswith("/") and "/CloudTrail-Digest/" not in key


def _place(text: str) -> Place:
    source, _, where = text.partition("=")
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    if not (source.strip() and bucket.strip()):
        raise Misconfigured(
            f"TOCSIN_S3_BUCKETS holds {text[:80]!r}, which is not `source=bucket/prefix`.",
            means="Tocsin does not start, because signals that you count on would not be read.",
            next_step="Write for example cloudtrail=trail-bucket/AWSLogs.",
        )
    return Place(source.strip(), bucket.strip(), prefix.strip())
