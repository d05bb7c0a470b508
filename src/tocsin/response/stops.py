"""The stop switch: for everything, for one connector, or for one runbook, until somebody starts it again."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tocsin.domain.action import ActionClass
from tocsin.domain.errors import Explained

EVERYTHING = "everything"
CONNECTOR, RUNBOOK = "connector:", "runbook:"
_SCOPE = re.compile(r"everything|(?:connector|runbook):[a-z0-9][a-z0-9._-]{0,60}", re.ASCII)
_GO_ON = (ActionClass.READ, ActionClass.EVIDENCE)
OURSELVES = "tocsin"
"""The service of what we do by our own calling, such as to page people."""
_MOST_NAMED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Who stopped what, when and why."""

    scope: str
    by: str
    at: datetime
    reason: str


class ResponseStopped(Explained):
    """The stop switch is set for what an action would use (HTTP 409)."""

    code: ClassVar[str] = "response_stopped"
    status: ClassVar[int] = 409

    def __init__(self, name: str, stop: Stop) -> None:
        super().__init__(
            f"{name} may not begin: {stop.by} stopped {stop.scope} at {stop.at:%H:%M:%S} UTC: {stop.reason}.",
            means="No new call starts; calls in flight finish and are recorded.",
            next_step="When it is safe, an administrator starts it again: `tocsin action start`.",
        )
        self.stop = stop


class StopRefused(Explained):
    """The stop switch cannot be set or released as asked (HTTP 422)."""

    code: ClassVar[str] = "stop_refused"
    status: ClassVar[int] = 422

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(happened, means="The stop switch is as it was before.", next_step=next_step)


def made(scope: str, by: str, at: datetime, reason: str) -> Stop:
    """Return a stop. Raises `StopRefused` for a scope that is none, or without a reason."""
    if not _SCOPE.fullmatch(scope):
        raise StopRefused(
            f"{scope[:80]!r} is nothing that can be stopped.",
            "Stop `everything`, `connector:NAME` or `runbook:NAME`.",
        )
    if not reason.strip():
        raise StopRefused("No reason was given.", "Say in a few words why.")
    return Stop(scope=scope, by=by, at=at, reason=reason.strip()[:500])


def demand_known(scope: str, names: Collection[str]) -> None:
    """Raise `StopRefused` for a scope of which nothing is there: a typing mistake would stop nothing.

    `names` are the connectors that there are, or the runbooks, whichever the scope is one of.
    """
    kind, _, name = scope.partition(":")
    if scope == EVERYTHING or name in names:
        return
    known = sorted(names)
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    raise StopRefused(
        f"There is no {kind} {name[:60]!r}, so nothing would be stopped.",
        f"Stop `everything`, or one of: {', '.join(known[:_MOST_NAMED]) or 'none'}{more}.",
    )


def in_force(
    stops: Iterable[Stop], service: str, runbook: str, action_class: ActionClass = ActionClass.CONTAIN
) -> Stop | None:
    """Return the stop that holds an action back, None where none does.

    Reading goes on and evidence is kept whatever is stopped: neither changes anything. People are called by
    our own calling whatever is stopped: who stops all needs them the more.
    """
    connector = service.partition(".")[0]
    if action_class in _GO_ON or (action_class is ActionClass.NOTIFY and connector == OURSELVES):
        return None
    scopes = {EVERYTHING, f"{CONNECTOR}{connector}", f"{RUNBOOK}{runbook}"}
    return next((each for each in stops if each.scope in scopes), None)


def written(stop: Stop) -> bytes:
    """Return a stop as it is kept."""
    return json.dumps({"by": stop.by, "at": stop.at.isoformat(), "reason": stop.reason}).encode()


def read(kept: Mapping[str, bytes]) -> tuple[Stop, ...]:
    """Return the stops that are kept, by scope."""
    stops = []
    for scope, body in sorted(kept.items()):
        read_body = json.loads(body)
        at = datetime.fromisoformat(read_body["at"])
        stops.append(Stop(scope=scope, by=read_body["by"], at=at, reason=read_body["reason"]))
    return tuple(stops)
