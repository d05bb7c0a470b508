"""The door for signs of life: a job says that it still runs."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.doorkeeper import Doorkeeper, token_in
from tocsin.api.intake import doorkeeper_of, guarded
from tocsin.app.overseeing import watchdog_of
from tocsin.app.wiring import App
from tocsin.domain.person import Permission
from tocsin.flow.watchdog import Watchdog


@dataclass(frozen=True, slots=True)
class HeartbeatDoor:
    """Checks the token, in the header or, for what can send none, in the path, and notes the time."""

    doorkeeper: Doorkeeper
    watchdog: Watchdog

    async def beat(self, request: Request) -> Response:
        """`POST /hooks/heartbeat/<name>` or `/hooks/heartbeat/<name>/<token>`; the body is not read."""
        token = request.path_params.get("key") or token_in(request.headers)
        await run_in_threadpool(self.doorkeeper.admit, token, Permission.INGEST)
        await run_in_threadpool(self.watchdog.beat, request.path_params["name"])
        return Response(status_code=204)


def heartbeat_routes(app: App) -> list[Route]:
    """Return the routes; they come before those of other pushed bodies."""
    door = guarded(HeartbeatDoor(doorkeeper_of(app), watchdog_of(app)).beat)
    return [
        Route("/hooks/heartbeat/{name}", door, methods=["POST", "GET"]),
        Route("/hooks/heartbeat/{name}/{key}", door, methods=["POST", "GET"]),
    ]
