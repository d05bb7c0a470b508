"""Whether this process is alive and can do its work, for load balancers and outside watchers."""

from __future__ import annotations

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tocsin.app.wiring import App
from tocsin.domain.errors import Explained
from tocsin.domain.job import JobState


def probes(app: App) -> list[Route]:
    """Return the two probes that Alertmanager has too."""

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("Tocsin is healthy.\n")

    async def ready(_: Request) -> Response:
        try:
            await run_in_threadpool(_look, app)
        except Explained as trouble:
            return PlainTextResponse(f"Tocsin is not ready: {trouble.happened}\n", 503)
        return PlainTextResponse("Tocsin is ready.\n")

    return [
        Route("/-/healthy", healthy, methods=["GET"]),
        Route("/-/ready", ready, methods=["GET"]),
    ]


def health_routes(app: App) -> list[Route]:
    """Return the routes; they need no token and tell nothing about incidents."""

    async def health(_: Request) -> Response:
        try:
            found = await run_in_threadpool(_look, app)
        except Explained as trouble:
            return Response(
                orjson.dumps({"status": "failing", "reason": trouble.happened}),
                503,
                media_type="application/json",
            )
        return Response(orjson.dumps({"status": "ok", **found}), media_type="application/json")

    return [*probes(app), Route("/health", health, methods=["GET"])]


def _look(app: App) -> dict[str, object]:
    """Read what shows whether work goes on. Raises `Overloaded` when the database is away."""
    with app.store.reading() as shelves:
        return {
            "jobs_waiting": shelves.jobs.count(JobState.READY),
            "dead_letters": shelves.jobs.count(JobState.DEAD),
            "quarantined": shelves.quarantine.count_waiting(),
            "log_entries": shelves.log.size(),
        }
