"""Who may ask and act in Alertmanager's API, and how refusals are answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tocsin.api.alertmanager.questions import QuestionRefused
from tocsin.api.alertmanager.shown import answer
from tocsin.api.doorkeeper import Caller, Doorkeeper, NotAllowed
from tocsin.api.problems import problem_and_close
from tocsin.domain.errors import Explained
from tocsin.domain.person import Permission

Door = Callable[[Request], Awaitable[Response]]


async def admitted(doorkeeper: Doorkeeper, request: Request, permission: Permission) -> Caller:
    """Return who asks. Raises `NotSignedIn`, `NotAllowed`."""
    sender = request.client.host if request.client else ""
    return await run_in_threadpool(doorkeeper.admit_alertmanager, sender, request.headers, permission)


async def admitted_to_any(doorkeeper: Doorkeeper, request: Request) -> Caller:
    """Admit whoever may read or write; amtool looks at the status before it writes."""
    try:
        return await admitted(doorkeeper, request, Permission.READ)
    except NotAllowed:
        return await admitted(doorkeeper, request, Permission.INGEST)


def guarded(door: Door) -> Door:
    """Answer refusals below /api/v2 as Alertmanager does, and elsewhere as problem documents."""

    async def enter(request: Request) -> Response:
        try:
            return await door(request)
        except QuestionRefused as refused:
            return answer(str(refused), 400)
        except Explained as error:
            return problem_and_close(error, request.url.path)

    return enter
