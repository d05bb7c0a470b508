"""Where Alertmanager's API lies: at the root, and once more below the prefix that is set."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from tocsin.api.alertmanager.desk import Door, admitted, guarded
from tocsin.api.alertmanager.reading import Reading
from tocsin.api.alertmanager.silences import Silences
from tocsin.api.doorkeeper import Doorkeeper
from tocsin.api.health import probes
from tocsin.api.intake import doorkeeper_of, doors_of
from tocsin.api.intake import guarded as guarded_intake
from tocsin.app.figures import figures
from tocsin.app.renewing import renew
from tocsin.app.wiring import App
from tocsin.domain.errors import Explained
from tocsin.domain.person import Permission


def alertmanager_routes(app: App) -> list[Route | Mount]:
    """Return the routes."""
    doorkeeper = doorkeeper_of(app)
    reading = Reading(app, doorkeeper, app.clock.now())
    silences = Silences(app, doorkeeper)
    own = [
        Route("/api/v2/alerts", guarded(reading.alerts), methods=["GET"]),
        Route("/api/v2/alerts/groups", guarded(reading.groups), methods=["GET"]),
        Route("/api/v2/receivers", guarded(reading.receivers), methods=["GET"]),
        Route("/api/v2/status", guarded(reading.status), methods=["GET"]),
        Route("/api/v2/silences", guarded(silences.listed), methods=["GET"]),
        Route("/api/v2/silences", guarded(silences.post), methods=["POST"]),
        Route("/api/v2/silence/{silence_id}", guarded(silences.get), methods=["GET"]),
        Route("/api/v2/silence/{silence_id}", guarded(silences.delete), methods=["DELETE"]),
        Route("/metrics", guarded(_metrics(app, doorkeeper)), methods=["GET"]),
        Route("/-/reload", guarded(_reload(app, doorkeeper)), methods=["POST"]),
    ]
    prefix = app.settings.text("TOCSIN_ROUTE_PREFIX").strip("/")
    if not prefix:
        return [*own]
    taking = Route("/api/v2/alerts", guarded_intake(doors_of(app).api_alerts), methods=["POST"])
    return [*own, Mount(f"/{prefix}", routes=[taking, *own, *probes(app)])]


def _metrics(app: App, doorkeeper: Doorkeeper) -> Door:
    async def enter(request: Request) -> Response:
        await admitted(doorkeeper, request, Permission.READ)
        found = await run_in_threadpool(figures, app)
        return Response(found, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return enter


def _reload(app: App, doorkeeper: Doorkeeper) -> Door:
    async def enter(request: Request) -> Response:
        await admitted(doorkeeper, request, Permission.ADMINISTER)
        try:
            await run_in_threadpool(renew, app)
        except Explained as problem:
            return PlainTextResponse(f"failed to reload config: {problem.explain()}\n", 500)
        return PlainTextResponse("")

    return enter
