"""Lists and fetches objects of S3, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.connectors.aws_client import asked, aws_client
from tocsin.connectors.s3.places import Place, is_wanted


@dataclass(frozen=True, slots=True)
class Found:
    """One object: its key, the digest that S3 gives it, and its size in bytes."""

    key: str
    etag: str
    size: int


class Bucket:
    """One place in S3."""

    def __init__(self, place: Place, *, region: str, url: str) -> None:
        self._place = place
        self._client = aws_client("s3", region=region, url=url)

    def pages(self) -> Iterator[tuple[Found, ...]]:
        """Yield the objects that hold records, by key, up to 1,000 at once. Raises `AwsRefused`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._place.bucket, Prefix=self._place.prefix
        )
        with asked(f"the objects of {self._place.bucket}"):
            for page in pages:
                yield tuple(
                    Found(each["Key"], each["ETag"].strip('"'), each["Size"])
                    for each in page.get("Contents", ())
                    if is_wanted(each["Key"], each["Size"])
                )

    def fetch(self, key: str, limit: int) -> bytes:
        """Return an object's bytes, at most `limit` of them. Raises `AwsRefused`."""
        with asked(f"an object of {self._place.bucket}"):
            answer = self._client.get_object(Bucket=self._place.bucket, Key=key)
            body: bytes = answer["Body"].read(limit)
            return body
