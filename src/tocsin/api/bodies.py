"""Reads a request's body within a limit, so that no sender can fill our memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from starlette.requests import ClientDisconnect, Request

from tocsin.domain.errors import Explained

MB = 1024 * 1024
BODY_WITHIN_S = 30.0
"""A sender that stalls in the middle of its body would hold its memory for ever."""


class BodyTooLarge(Explained):
    """The body as sent is larger than this server accepts; nothing of it was kept (HTTP 413)."""

    code: ClassVar[str] = "body_too_large"


class BodyCutShort(Explained):
    """The sender went away, or stalled, in the middle of the body; nothing of it was kept (HTTP 408)."""

    code: ClassVar[str] = "body_cut_short"


async def read_body(request: Request, limit: int) -> bytes:
    """Return the raw body of at most `limit` bytes. Raises `BodyTooLarge` or `BodyCutShort`."""
    async with within(BODY_WITHIN_S):
        return b"".join([part async for part in parts_of(request, limit)])


async def parts_of(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the raw body as it arrives, at most `limit` bytes. Raises `BodyTooLarge`."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        yield part


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Give up reading after a time. Raises `BodyCutShort`, also when the sender goes away."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except ClientDisconnect as gone:
        raise _cut_short("The sender closed the connection before the whole body had arrived.") from gone
    except TimeoutError as stalled:
        raise _cut_short(f"The whole body had not arrived after {seconds:g} s.") from stalled


def _cut_short(happened: str) -> BodyCutShort:
    return BodyCutShort(
        happened,
        means="Nothing of this request was kept, so nothing is half-done.",
        next_step="Send the request again.",
    )


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than the {_told(limit)} this server accepts in this request.",
        means="Nothing of it was kept.",
        next_step="Send smaller batches, compress signals with gzip, or raise TOCSIN_MAX_BODY_MB.",
    )


def _told(size: int) -> str:
    return f"{size // MB} MB" if size >= MB else f"{size // 1024} KB"
