"""Reads a request's body within a limit, so that no sender can fill our memory."""

from __future__ import annotations

from typing import ClassVar

from starlette.requests import ClientDisconnect, Request

from tocsin.domain.errors import Explained


class RequestTooLarge(Explained):
    """The body as sent is larger than this server accepts; nothing of it was kept (HTTP 413)."""

    code: ClassVar[str] = "request_too_large"


class BodyCutShort(Explained):
    """The sender went away in the middle of the body; nothing of it was kept (HTTP 400)."""

    code: ClassVar[str] = "body_cut_short"


async def read_body(request: Request, limit: int) -> bytes:
    """Return the raw body of at most `limit` bytes. Raises `RequestTooLarge` or `BodyCutShort`."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect as gone:
        raise BodyCutShort(
            "The sender closed the connection before the whole body had arrived.",
            means="Nothing of this request was kept, so nothing is half-done.",
            next_step="Send the request again.",
        ) from gone
    return b"".join(chunks)


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"The body is larger than the {limit // (1024 * 1024)} MB this server accepts in one request.",
        means="Nothing of it was kept.",
        next_step="Send smaller batches, compress with gzip, or raise TOCSIN_MAX_BODY_MB.",
    )
