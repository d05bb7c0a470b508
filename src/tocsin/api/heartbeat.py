"""The door for signs of life: a job says that it still runs."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.doorkeeper import Doorkeeper, NotAllowed, NotSignedIn, token_in
from tocsin.api.intake import UNKNOWN_TOKEN, doorkeeper_of, guarded
from tocsin.app.forgeries import Forgeries, Refusal
from tocsin.app.overseeing import watchdog_of
from tocsin.app.wiring import App
from tocsin.domain.person import Permission
from tocsin.flow.watchdog import Watchdog

HEARTBEAT = "heartbeat"
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class HeartbeatDoor:
    """Checks the token, in the header or, for what can send none, in the path, and notes the time."""

    doorkeeper: Doorkeeper
    watchdog: Watchdog
    forgeries: Forgeries

    async def beat(self, request: Request) -> Response:
        """`POST /hooks/heartbeat/<name>` or `/hooks/heartbeat/<name>/<token>`; the body is not read."""
        token = request.path_params.get("key") or token_in(request.headers)
        name = request.path_params["name"]
        sender = request.client.host if request.client else ""
        await run_in_threadpool(self._admit, token, name, sender)
        await run_in_threadpool(self.watchdog.beat, name)
        return Response(status_code=204)

    def _admit(self, token: str | None, name: str, sender: str) -> None:
        """Let in who holds a token, and write down who does not."""
        try:
            self.doorkeeper.admit(token, Permission.INGEST)
        except (NotSignedIn, NotAllowed):
            reason = UNKNOWN_TOKEN if token else "it carries no token"
            told = Refusal(connector=HEARTBEAT, source=name[:LONGEST_NAME], sender=sender, reason=reason)
            self.forgeries.met(told)
            raise


def heartbeat_routes(app: App) -> list[Route]:
    """Return the routes; they come before those of other pushed bodies."""
    door = guarded(HeartbeatDoor(doorkeeper_of(app), watchdog_of(app), app.hearing.hooks.forgeries).beat)
    return [
        Route("/hooks/heartbeat/{name}", door, methods=["POST", "GET"]),
        Route("/hooks/heartbeat/{name}/{key}", door, methods=["POST", "GET"]),
    ]
