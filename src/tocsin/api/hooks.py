"""The doors for what partners push: the raw body first, then proof, then it is kept, then the answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.intake import DEFAULT_SOURCE, Doors, doors_of, guarded
from tocsin.app.hooks import Hooks
from tocsin.app.wiring import App
from tocsin.connectors.hook import HookRequest
from tocsin.domain.clock import Clock

EVENTS_V2 = "events_v2"
OPSGENIE = "opsgenie"


@dataclass(frozen=True, slots=True)
class HookDoors:
    """Reads a request within its limits and hands it on; who sent it is proved by the body or by a token."""

    doors: Doors
    hooks: Hooks
    clock: Clock

    async def hook(self, request: Request) -> Response:
        """`POST /hooks/<connector>/<source>`, for every connector that partners push to."""
        connector = request.path_params["connector"]
        return await self._hear(request, connector, request.path_params.get("source", DEFAULT_SOURCE))

    async def events_v2(self, request: Request) -> Response:
        """`POST /v2/enqueue` and `/v2/change/enqueue`, as PagerDuty's Events API v2 takes them."""
        path = "change" if request.url.path.endswith("/change/enqueue") else "event"
        return await self._hear(request, EVENTS_V2, DEFAULT_SOURCE, path)

    async def opsgenie(self, request: Request) -> Response:
        """`/opsgenie/v2/alerts` and what lies below it, as Opsgenie's Alert API takes them."""
        path = f"{request.method} {request.path_params.get('rest', '')}".strip()
        return await self._hear(request, OPSGENIE, DEFAULT_SOURCE, path)

    async def _hear(self, request: Request, connector: str, source: str, path: str = "") -> Response:
        body = await self.doors.read(request)
        heard = HookRequest(
            headers=dict(request.headers),
            body=body,
            source=source,
            now=self.clock.now(),
            path=path,
            query=dict(request.query_params),
        )
        sender = request.client.host if request.client else ""
        answer = await self.doors.work(partial(self.hooks.hear, connector, heard, sender))
        return Response(answer.body, answer.status, media_type=answer.media_type if answer.body else None)


def hook_routes(app: App) -> list[Route]:
    """Return the routes of what is pushed; they come after those that name their connector."""
    doors = HookDoors(doors_of(app), app.hearing.hooks, app.clock)
    below = ["POST", "PUT", "GET", "DELETE"]
    return [
        Route("/v2/enqueue", guarded(doors.events_v2), methods=["POST"]),
        Route("/v2/change/enqueue", guarded(doors.events_v2), methods=["POST"]),
        Route("/opsgenie/v2/alerts", guarded(doors.opsgenie), methods=["POST"]),
        Route("/opsgenie/v2/alerts/{rest:path}", guarded(doors.opsgenie), methods=below),
        Route("/hooks/{connector}", guarded(doors.hook), methods=["POST"]),
        Route("/hooks/{connector}/{source}", guarded(doors.hook), methods=["POST"]),
    ]
