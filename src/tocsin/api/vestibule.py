"""Receives the whole body of a request before Django spends one of its few threads on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from django.conf import settings
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.api.bodies import parts_of, within
from tocsin.api.doorkeeper import Doorkeeper
from tocsin.api.problems import problem_and_close
from tocsin.api.sessions import admit_person
from tocsin.api.turnstile import Turnstile
from tocsin.domain.errors import Explained
from tocsin.domain.person import Permission

SMALL_BODY = 256 * 1024
SMALL_WITHIN_S = 10.0
"""Forms and JSON are small; who needs longer for one is stalling."""

UPLOAD_WITHIN_S = 120.0
"""An exhibit may come over a slow line; it holds a file meanwhile, never a thread."""

UPLOADS_AT_ONCE = 16
UPLOADS = re.compile(r"/incidents/INC-\d+/exhibits|/api/v1/evidence/[^/]+")
PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Vestibule:
    """Stands before `inside`, which sees only requests that are complete and within their limit.

    An exhibit may have `upload_limit` bytes, but only from somebody who may respond, which is asked first.
    """

    inside: ASGIApp
    doorkeeper: Doorkeeper
    upload_limit: int
    uploads: Turnstile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the body in, then hand the request on with it; a refusal is a problem document."""
        if scope["type"] != "http":
            await self.inside(scope, receive, send)
            return
        # What is beyond the first part lies on the disk, in the home folder: /tmp may be memory, or shared.
        with SpooledTemporaryFile(max_size=SMALL_BODY, dir=_spool_folder()) as body:
            try:
                size = await self._take_in(Request(scope, receive), body)
            except Explained as refused:
                await problem_and_close(refused)(scope, receive, send)
                return
            body.seek(0)
            await self.inside(_with_length(scope, size), _Replay(body, size).receive, send)

    async def _take_in(self, request: Request, body: IO[bytes]) -> int:
        if request.method != "POST" or not UPLOADS.fullmatch(request.scope["path"]):
            return await _spool(request, body, SMALL_BODY, SMALL_WITHIN_S)
        await run_in_threadpool(admit_person, request, self.doorkeeper, Permission.RESPOND)
        with self.uploads:
            return await _spool(request, body, self.upload_limit, UPLOAD_WITHIN_S)


class _Replay:
    """Gives the body again in pieces, as a server would."""

    def __init__(self, body: IO[bytes], size: int) -> None:
        self._body = body
        self._left = size

    async def receive(self) -> Message:
        piece = self._body.read(PIECE)
        self._left -= len(piece)
        return {"type": "http.request", "body": piece, "more_body": self._left > 0}


async def _spool(request: Request, body: IO[bytes], limit: int, within_s: float) -> int:
    """Write the body to the file and return its size. Raises `BodyTooLarge`, `BodyCutShort`."""
    size = 0
    async with within(within_s):
        async for part in parts_of(request, limit):
            size += len(part)
            # Up to here it stays in memory; beyond, the disk may let us wait.
            if size > SMALL_BODY:
                await run_in_threadpool(body.write, part)
            else:
                body.write(part)
    return size


def _spool_folder() -> str:
    return str(settings.FILE_UPLOAD_TEMP_DIR)


def _with_length(scope: Scope, size: int) -> Scope:
    """Say the true length, which a body in chunks does not announce; WSGI would take it for empty."""
    headers = [(name, text) for name, text in scope["headers"] if name != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", str(size).encode())]}
