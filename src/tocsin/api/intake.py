"""The doors for alerts and signals: who it is, then the body within limits, kept durably, then answered."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.bodies import BodyCutShort, read_body
from tocsin.api.doorkeeper import Caller, Doorkeeper, token_in
from tocsin.api.problems import problem, status_of
from tocsin.app.hearing import AlertsHeard, SignalsHeard
from tocsin.app.wiring import App
from tocsin.connectors.alertmanager.inbound import answer_of
from tocsin.connectors.refusal import BodyRefused
from tocsin.domain.arrival import Quarantined
from tocsin.domain.errors import Explained, Overloaded
from tocsin.domain.person import Permission
from tocsin.intake.detected import DRILL_SOURCE

MB = 1024 * 1024
DRILL_TOKEN = "drill"
SHOWN_REASONS = 20
DEFAULT_SOURCE = "default"


class DrillRefused(Explained):
    """Somebody else than a drill wrote to a source whose alerts are marked as practice (HTTP 403)."""

    code: ClassVar[str] = "drill_refused"
    status: ClassVar[int] = 403


class Turnstile:
    """Counts who is inside and turns away whoever would be one too many, at once and with 503."""

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Overloaded(
                "More requests are at work than this server takes at once.",
                means="Nothing of this request was accepted.",
                next_step="Send it again in a few seconds; raise TOCSIN_MAX_PENDING if this persists.",
            )

    def __exit__(self, *_: object) -> None:
        self._places.release()


@dataclass(frozen=True, slots=True)
class Doors:
    """The three ways in. Each checks the sender before it reads the body."""

    app: App
    doorkeeper: Doorkeeper
    turnstile: Turnstile
    limit: int

    async def api_alerts(self, request: Request) -> Response:
        """`POST /api/v2/alerts`, as Prometheus sends it; answers are Alertmanager's."""
        host = request.client.host if request.client else ""
        token = token_in(request.headers)
        caller = await run_in_threadpool(self.doorkeeper.admit_alertmanager, token, host)
        body = await read_body(request, self.limit)
        content_type = request.headers.get("content-type", "")

        def hear() -> AlertsHeard:
            return self.app.hearing.api_alerts(body, content_type, source="prometheus", sender=caller.name)

        try:
            heard = await run_in_threadpool(hear)
        except BodyRefused as refused:
            return Response(answer_of(refused), refused.status, media_type="application/json")
        return Response(heard.answer, heard.status, media_type="application/json" if heard.answer else None)

    async def webhook(self, request: Request) -> Response:
        """`POST /hooks/alertmanager/<key>`; the key is an ingest token."""
        caller = await self._admit(request.path_params["key"])
        body = await read_body(request, self.limit)

        def hear() -> AlertsHeard:
            return self.app.hearing.webhook(body, source="alertmanager", sender=caller.name)

        heard = await run_in_threadpool(hear)
        taken = heard.taken
        return _counted(
            taken.accepted, taken.quarantined, 400 if taken.quarantined and not taken.accepted else 200
        )

    async def signals(self, request: Request) -> Response:
        """`POST /ingest/signals?source=NAME`; answers how many were accepted and set aside."""
        caller = await self._admit(token_in(request.headers))
        source = request.query_params.get("source", DEFAULT_SOURCE)
        _refuse_false_drill(source, caller)
        body = await read_body(request, self.limit)
        encoding = request.headers.get("content-encoding", "")

        def hear() -> SignalsHeard:
            return self.app.hearing.signals(body, encoding, source=source, sender=caller.name)

        heard = await run_in_threadpool(hear)
        return _counted(heard.accepted, heard.quarantined, 200)

    async def _admit(self, token: str | None) -> Caller:
        return await run_in_threadpool(self.doorkeeper.admit, token, Permission.INGEST)


def intake_routes(app: App) -> list[Route]:
    """Return the routes of the intake."""
    doors = Doors(
        app,
        doorkeeper_of(app),
        Turnstile(app.settings.number("TOCSIN_MAX_PENDING")),
        app.settings.number("TOCSIN_MAX_BODY_MB") * MB,
    )
    return [
        Route("/api/v2/alerts", _guarded(doors, doors.api_alerts), methods=["POST"]),
        Route("/hooks/alertmanager/{key}", _guarded(doors, doors.webhook), methods=["POST"]),
        Route("/ingest/signals", _guarded(doors, doors.signals), methods=["POST"]),
    ]


def doorkeeper_of(app: App) -> Doorkeeper:
    """Return the doorkeeper of an application."""
    open_to = app.settings.chosen("TOCSIN_ALERTMANAGER_OPEN", "never", "loopback")
    return Doorkeeper(app.store, app.clock, open_to_loopback=open_to == "loopback")


def _guarded(
    doors: Doors, door: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """Hold a place inside while a request is at work, and turn refusals into problem documents."""

    async def enter(request: Request) -> Response:
        try:
            with doors.turnstile:
                return await door(request)
        except Explained as error:
            response = problem(error)
            if status_of(error) in (401, 413) or isinstance(error, BodyCutShort):
                # The rest of the body is not read, so the connection cannot be used again.
                response.headers["Connection"] = "close"
            return response

    return enter


def _refuse_false_drill(source: str, caller: Caller) -> None:
    if source.startswith(DRILL_SOURCE) and not caller.name.startswith(DRILL_TOKEN):
        raise DrillRefused(
            f"Only a drill may write to a source whose name begins with {DRILL_SOURCE!r}.",
            means="Nothing was kept, so that nobody can pass a real attack off as practice.",
            next_step="Choose another name for the source.",
        )


def _counted(accepted: int, quarantined: tuple[Quarantined, ...], status: int) -> Response:
    """Answer how many were taken and set aside, with the reasons of the first."""
    shown = [{"id": part.short_name, "reason": part.reason} for part in quarantined[:SHOWN_REASONS]]
    answer = {"accepted": accepted, "quarantined": len(quarantined), "reasons": shown}
    return Response(orjson.dumps(answer), status, media_type="application/json")
