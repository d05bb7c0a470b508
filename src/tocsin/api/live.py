"""The live stream: says what changed, so that a page can fetch it; never carries what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tocsin.api.intake import doorkeeper_of
from tocsin.api.problems import problem
from tocsin.api.sessions import admit_person
from tocsin.app.wiring import App
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained
from tocsin.domain.person import Permission
from tocsin.domain.ports.shelves import Store

BEAT_S = 7.5
LOOK_S = 0.4
REPLAY_AT_MOST = 200
MOST_DIGITS = 18
RETRY = b"retry: 3000\n\n"


def frame(name: str, content: Mapping[str, object], number: int | None = None) -> bytes:
    """Return one server-sent event; `number` becomes its id."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(content) + b"\n\n"


@dataclass(frozen=True, slots=True)
class Live:
    """Follows the timeline of all incidents by its growing number, across any number of processes."""

    store: Store
    clock: Clock

    async def stream(self, last_seen: int | None, admit: Callable[[], None]) -> AsyncIterator[bytes]:
        """Yield events from after `last_seen` (None: from now on) until the reader leaves.

        `admit` raises once the reader has signed out or lost the token; it is asked at each beat.
        """
        newest = await run_in_threadpool(self._newest)
        seen = newest if last_seen is None else last_seen
        yield RETRY
        if not 0 <= newest - seen <= REPLAY_AT_MOST:
            yield frame("reset", {}, newest)
            seen = newest
        rest_s = 0.0
        while True:
            rows = await run_in_threadpool(self._since, seen)
            for number, content in rows:
                seen = number
                yield frame("row", content, number)
            if rest_s <= 0:
                if not await run_in_threadpool(_still, admit):
                    return
                yield frame("beat", {"at": self.clock.now().isoformat()})
                rest_s = BEAT_S
            await asyncio.sleep(LOOK_S)
            rest_s -= LOOK_S

    def _newest(self) -> int:
        with self.store.reading() as shelves:
            return shelves.timeline.last_number()

    def _since(self, number: int) -> list[tuple[int, dict[str, object]]]:
        with self.store.reading() as shelves:
            if shelves.timeline.last_number() <= number:
                return []
            rows = []
            for entry in shelves.timeline.since(number):
                incident = shelves.incidents.get(entry.incident_id)
                if incident is not None:
                    rows.append(
                        (
                            entry.number,
                            {
                                "incident": incident.short_name,
                                "number": entry.number,
                                "kind": str(entry.kind),
                                "severity": str(incident.severity),
                                "at": entry.at.isoformat(),
                            },
                        )
                    )
            return rows


def _still(admit: Callable[[], None]) -> bool:
    try:
        admit()
    except Explained:
        return False
    return True


def live_routes(app: App) -> list[Route]:
    """Return the route of the stream; it is open to whoever may read, by session or by token."""
    live = Live(app.store, app.clock)
    doorkeeper = doorkeeper_of(app)

    async def follow(request: Request) -> Response:
        admit = partial(admit_person, request, doorkeeper, Permission.READ)
        try:
            await run_in_threadpool(admit)
        except Explained as refused:
            return problem(refused)
        text = request.headers.get("last-event-id", "")
        last_seen = int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
        return StreamingResponse(
            live.stream(last_seen, admit),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )

    return [Route("/live", follow, methods=["GET"])]
