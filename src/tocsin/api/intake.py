"""The doors for alerts and signals: who it is, then the body within limits, kept durably, then answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeVar

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.bodies import MB, read_body
from tocsin.api.doorkeeper import NO_TOKEN, Caller, Doorkeeper, NotAllowed, NotSignedIn, token_in
from tocsin.api.problems import problem_and_close
from tocsin.api.turnstile import Turnstile
from tocsin.app.forgeries import Refusal
from tocsin.app.hearing import AlertsHeard, SignalsHeard
from tocsin.app.hosts import own_names
from tocsin.app.wiring import App
from tocsin.connectors.alertmanager.inbound import answer_of, read_api_alerts
from tocsin.connectors.refusal import BodyRefused
from tocsin.domain.arrival import Quarantined
from tocsin.domain.errors import Explained
from tocsin.domain.person import Permission
from tocsin.intake.detected import DRILL_SOURCE
from tocsin.store.lake import checked_source
from tocsin.store.tokens import PREFIX

DRILL_TOKEN = "drill"
SHOWN_REASONS = 20
DEFAULT_SOURCE = "default"
ALERTMANAGER = "alertmanager"
UNKNOWN_TOKEN = "its token is unknown"
READERS_A_PLACE = 4
"""How many bodies may be on their way for each request at work; most senders are quick."""

Heard = TypeVar("Heard")


class DrillRefused(Explained):
    """Somebody else than a drill wrote to a source whose alerts are marked as practice (HTTP 403)."""

    code: ClassVar[str] = "drill_refused"
    status: ClassVar[int] = 403


@dataclass(frozen=True, slots=True)
class Doors:
    """The three ways in. Each checks the sender, then reads the body, and only then takes a place to work."""

    app: App
    doorkeeper: Doorkeeper
    reading: Turnstile
    working: Turnstile
    limit: int

    async def api_alerts(self, request: Request) -> Response:
        """`POST /api/v2/alerts`, as Prometheus sends it; answers are Alertmanager's."""
        sender = request.client.host if request.client else ""
        caller = await run_in_threadpool(self.doorkeeper.admit_alertmanager, sender, request.headers)
        content_type = request.headers.get("content-type", "")
        try:
            if caller.name == NO_TOKEN:
                # A page in a browser here can send anything but JSON unasked; none of it is kept.
                read_api_alerts(b"[]", content_type)
            body = await self.read(request)
            heard = await self.work(
                partial(
                    self.app.hearing.api_alerts, body, content_type, source="prometheus", sender=caller.name
                )
            )
        except BodyRefused as refused:
            return Response(answer_of(refused), refused.status, media_type="application/json")
        return Response(heard.answer, heard.status, media_type="application/json" if heard.answer else None)

    async def webhook(self, request: Request) -> Response:
        """`POST /hooks/alertmanager/<key>`: an ingest token, or a name where a header has the token."""
        key = request.path_params["key"]
        # A token in the path is what lets in, whatever the headers say; it must not be taken for a name.
        token = None if key.startswith(PREFIX) else token_in(request.headers)
        caller = await self._proved(request, key if token is None else token)
        source = ALERTMANAGER if token is None else _named(ALERTMANAGER, key)
        # Nothing but a drill is named `drill` either.
        refuse_false_drill(f"{source.partition(':')[2]}-", caller)
        body = await self.read(request)

        def hear() -> AlertsHeard:
            return self.app.hearing.webhook(body, source=source, sender=caller.name)

        heard = await self.work(hear)
        taken = heard.taken
        return _counted(
            taken.accepted, taken.quarantined, 400 if taken.quarantined and not taken.accepted else 200
        )

    async def _proved(self, request: Request, token: str) -> Caller:
        """Let in who holds a token, and write down who does not."""
        try:
            return await self.admit(token)
        except (NotSignedIn, NotAllowed):
            sender = request.client.host if request.client else ""
            told = Refusal(connector=ALERTMANAGER, source="", sender=sender, reason=UNKNOWN_TOKEN)
            await run_in_threadpool(self.app.hearing.hooks.forgeries.met, told)
            raise

    async def signals(self, request: Request) -> Response:
        """`POST /ingest/signals?source=NAME&format=NAME`; answers how many were accepted and set aside."""
        return await self._signals(request, await self.admit(token_in(request.headers)))

    async def signals_hook(self, request: Request) -> Response:
        """`POST /hooks/signals/<key>?source=NAME&format=NAME`, for senders that can set no header."""
        return await self._signals(request, await self.admit(request.path_params["key"]))

    async def _signals(self, request: Request, caller: Caller) -> Response:
        source = request.query_params.get("source", DEFAULT_SOURCE)
        form = request.query_params.get("format", "")
        refuse_false_drill(source, caller)
        body = await self.read(request)
        encoding = request.headers.get("content-encoding", "")

        def hear() -> SignalsHeard:
            return self.app.hearing.signals(body, encoding, source=source, sender=caller.name, form=form)

        heard = await self.work(hear)
        return _counted(heard.accepted, heard.quarantined, 200)

    async def read(self, request: Request) -> bytes:
        """Read a body within the limit and the places for reading."""
        with self.reading:
            return await read_body(request, self.limit)

    async def work(self, hear: Callable[[], Heard]) -> Heard:
        """Do the work of a request in a thread, if there is a place for it."""
        with self.working:
            return await run_in_threadpool(hear)

    async def admit(self, token: str | None) -> Caller:
        """Let in who may write. Raises `NotSignedIn` or `NotAllowed`."""
        return await run_in_threadpool(self.doorkeeper.admit, token, Permission.INGEST)


def doors_of(app: App) -> Doors:
    """Return the doors of an application, with places of their own."""
    places = app.settings.number("TOCSIN_MAX_PENDING")
    return Doors(
        app,
        doorkeeper_of(app),
        Turnstile(places * READERS_A_PLACE),
        Turnstile(places),
        app.settings.number("TOCSIN_MAX_BODY_MB") * MB,
    )


def intake_routes(app: App) -> list[Route]:
    """Return the routes of the intake."""
    doors = doors_of(app)
    return [
        Route("/api/v2/alerts", guarded(doors.api_alerts), methods=["POST"]),
        Route("/hooks/alertmanager/{key}", guarded(doors.webhook), methods=["POST"]),
        Route("/hooks/signals/{key}", guarded(doors.signals_hook), methods=["POST"]),
        Route("/ingest/signals", guarded(doors.signals), methods=["POST"]),
    ]


def doorkeeper_of(app: App) -> Doorkeeper:
    """Return the doorkeeper of an application."""
    open_to = app.settings.chosen("TOCSIN_ALERTMANAGER_OPEN", "never", "loopback")
    return Doorkeeper(app.store, app.clock, own_names(app.settings), open_to_loopback=open_to == "loopback")


def guarded(door: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Turn refusals into problem documents; Alertmanager's API has a form of its own."""

    async def enter(request: Request) -> Response:
        try:
            return await door(request)
        except Explained as error:
            return problem_and_close(error, request.url.path)

    return enter


def refuse_false_drill(source: str, caller: Caller) -> None:
    """Keep everybody but drills from sources of practice. Raises `DrillRefused`."""
    if source.startswith(DRILL_SOURCE) and not caller.name.startswith(DRILL_TOKEN):
        raise DrillRefused(
            f"Only a drill may write to a source whose name begins with {DRILL_SOURCE!r}.",
            means="Nothing was kept, so that nobody can pass a real attack off as practice.",
            next_step="Choose another name for the source.",
        )


def _named(connector: str, name: str) -> str:
    """Return the source of a name in an address. Raises `SignalRefused` for one that can be none."""
    checked_source(name)
    return connector if name in (connector, DEFAULT_SOURCE) else f"{connector}:{name}"


def _counted(accepted: int, quarantined: tuple[Quarantined, ...], status: int) -> Response:
    """Answer how many were taken and set aside, with the reasons of the first."""
    shown = [{"id": part.short_name, "reason": part.reason} for part in quarantined[:SHOWN_REASONS]]
    answer = {"accepted": accepted, "quarantined": len(quarantined), "reasons": shown}
    return Response(orjson.dumps(answer), status, media_type="application/json")
