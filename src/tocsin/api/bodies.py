"""Reads a request's body within a limit, so that no sender can fill our memory."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from starlette.requests import ClientDisconnect, Request

from tocsin.domain.errors import Explained

BODY_WITHIN_S = 60.0
"""A sender that stalls in the middle of its body would hold a place inside for ever."""


class BodyTooLarge(Explained):
    """The body as sent is larger than this server accepts; nothing of it was kept (HTTP 413)."""

    code: ClassVar[str] = "body_too_large"


class BodyCutShort(Explained):
    """The sender went away, or stalled, in the middle of the body; nothing of it was kept (HTTP 408)."""

    code: ClassVar[str] = "body_cut_short"


async def read_body(request: Request, limit: int) -> bytes:
    """Return the raw body of at most `limit` bytes. Raises `BodyTooLarge` or `BodyCutShort`."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await _all_of(request, limit)
    except ClientDisconnect as gone:
        raise _cut_short("The sender closed the connection before the whole body had arrived.") from gone
    except TimeoutError as stalled:
        raise _cut_short(f"The whole body had not arrived after {BODY_WITHIN_S:g} s.") from stalled


async def _all_of(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _cut_short(happened: str) -> BodyCutShort:
    return BodyCutShort(
        happened,
        means="Nothing of this request was kept, so nothing is half-done.",
        next_step="Send the request again.",
    )


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than the {limit // (1024 * 1024)} MB this server accepts in one request.",
        means="Nothing of it was kept.",
        next_step="Send smaller batches, compress with gzip, or raise TOCSIN_MAX_BODY_MB.",
    )
