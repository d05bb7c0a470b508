"""The log as files for auditors and witnesses: the head and hashes to all, entries to who may read."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.doorkeeper import Doorkeeper, token_in
from tocsin.api.intake import doorkeeper_of, guarded
from tocsin.app.cosigning import tiles_at
from tocsin.app.wiring import App
from tocsin.audit.tiles import ENTRIES
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Permission
from tocsin.store.tiles import TileFolder

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
# A head may be a few seconds old; a tile never changes.
SHORT = "public, max-age=5"
FOREVER = "public, max-age=31536000, immutable"
PRIVATE = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class TileDoor:
    """Hands out files of the first log at `/log/...`, and of its n-th successor at `/log/n/...`."""

    app: App
    doorkeeper: Doorkeeper

    async def checkpoint(self, request: Request) -> Response:
        """`GET /log/checkpoint`: the head that is published, as a signed note."""
        note = await run_in_threadpool(self._folder(request).published)
        if note is None:
            raise _not_there()
        return Response(note, headers={"Content-Type": TEXT, "Cache-Control": SHORT})

    async def tile(self, request: Request) -> Response:
        """`GET /log/tile/<level>/<number>` or `/log/tile/entries/<number>`; entries need a token."""
        rest = request.path_params["rest"]
        has_entries = rest.startswith(f"{ENTRIES}/")
        if has_entries:
            await run_in_threadpool(self.doorkeeper.admit, token_in(request.headers), Permission.READ)
        content = await run_in_threadpool(self._folder(request).read, f"tile/{rest}")
        if content is None:
            raise _not_there()
        cached = PRIVATE if has_entries else FOREVER
        return Response(content, headers={"Content-Type": BYTES, "Cache-Control": cached})

    def _folder(self, request: Request) -> TileFolder:
        return tiles_at(self.app.settings.home, int(request.path_params.get("number", 1)))


def tile_routes(app: App) -> list[Route]:
    """Return the routes, all of them read-only."""
    door = TileDoor(app, doorkeeper_of(app))
    return [
        Route(f"/log{successor}/{path}", guarded(answer), methods=["GET"])
        for successor in ("", "/{number:int}")
        for path, answer in (("checkpoint", door.checkpoint), ("tile/{rest:path}", door.tile))
    ]


def _not_there() -> NotFound:
    return NotFound(
        "There is no such file of the log.",
        means="The log is shorter than that, or its head was not published yet.",
        next_step="Fetch /log/checkpoint first: every tile for its size is there.",
    )
