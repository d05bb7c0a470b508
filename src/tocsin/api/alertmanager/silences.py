"""Silences in Alertmanager's API: listed, made, changed, ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tocsin.api.alertmanager.desk import admitted
from tocsin.api.alertmanager.questions import QuestionRefused, matchers_in
from tocsin.api.alertmanager.shown import answer, silence_shown, state_shown
from tocsin.api.bodies import read_body
from tocsin.api.doorkeeper import Caller, Doorkeeper
from tocsin.app.silences import end_silence, kept_silences, put_silence
from tocsin.app.wiring import App
from tocsin.connectors.instant import instant_of
from tocsin.domain.errors import NotFound
from tocsin.domain.matchers import Matcher, matcher
from tocsin.domain.person import Permission
from tocsin.domain.silence import Silence
from tocsin.triage.silence_rules import SilenceRefused, Wish

LONGEST_BODY = 256 * 1024
REQUIRED = ("comment", "createdBy", "endsAt", "matchers", "startsAt")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ORDER = {"active": 0, "pending": 1, "expired": 2}


class _Unfit(Exception):
    """A body or an id is not of the promised shape; answered as go-openapi does."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Silences:
    """The doors for silences."""

    app: App
    doorkeeper: Doorkeeper

    async def listed(self, request: Request) -> Response:
        """`GET /silences`."""
        await admitted(self.doorkeeper, request, Permission.READ)
        filters = matchers_in(request.query_params.getlist("filter"))
        found = await run_in_threadpool(kept_silences, self.app)
        now = self.app.clock.now()
        wanted = [each for each in found if all(one in each.matchers for one in filters)]
        return answer([silence_shown(each, now) for each in sorted(wanted, key=lambda s: _place(s, now))])

    async def get(self, request: Request) -> Response:
        """`GET /silence/{id}`."""
        await admitted(self.doorkeeper, request, Permission.READ)
        try:
            silence_id = _id(request.path_params["silence_id"])
        except _Unfit as unfit:
            return _refused(unfit)
        found = await run_in_threadpool(_one, self.app, silence_id)
        return (
            Response(status_code=404) if found is None else answer(silence_shown(found, self.app.clock.now()))
        )

    async def delete(self, request: Request) -> Response:
        """`DELETE /silence/{id}`."""
        caller = await admitted(self.doorkeeper, request, Permission.RESPOND)
        try:
            silence_id = _id(request.path_params["silence_id"])
            await run_in_threadpool(end_silence, self.app, silence_id, _owner(caller))
        except _Unfit as unfit:
            return _refused(unfit)
        except SilenceRefused as refused:
            return answer(refused.happened, 400)
        except NotFound:
            return Response(status_code=404)
        return Response(status_code=200)

    async def post(self, request: Request) -> Response:
        """`POST /silences`."""
        caller = await admitted(self.doorkeeper, request, Permission.RESPOND)
        try:
            sent = _body(await read_body(request, LONGEST_BODY), request.headers.get("content-type", ""))
            old = _id(sent["id"]) if sent.get("id") else None
            wish = _wish(sent, _owner(caller))
            made = await run_in_threadpool(put_silence, self.app, wish, old)
        except _Unfit as unfit:
            return _refused(unfit)
        except SilenceRefused as refused:
            return answer(refused.happened, 400)
        except NotFound:
            return answer("silence not found", 404)
        return answer({"silenceID": str(made.silence_id)})


def _one(app: App, silence_id: UUID) -> Silence | None:
    with app.store.reading() as shelves:
        return shelves.silences.get(silence_id)


def _place(silence: Silence, now: datetime) -> tuple[int, float]:
    """Order as Alertmanager: active by nearest end, pending by nearest start, expired by latest end."""
    state = state_shown(silence, now)
    at = {
        "active": silence.ends_at.timestamp(),
        "pending": silence.starts_at.timestamp(),
        "expired": -silence.ends_at.timestamp(),
    }
    return _ORDER[state], at[state]


def _owner(caller: Caller) -> str:
    return f"token:{caller.name}"


def _refused(unfit: _Unfit) -> Response:
    return answer({"code": unfit.code, "message": str(unfit)}, unfit.status)


def _id(text: Any) -> UUID:
    if not isinstance(text, str) or _UUID.fullmatch(text) is None:
        raise _Unfit(422, 601, "silenceID in path must be of type uuid")
    return UUID(text)


def _body(body: bytes, content_type: str) -> Mapping[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _Unfit(415, 415, "unsupported media type, only [application/json] are allowed")
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _Unfit(400, 400, f"parsing silence body failed: {error}") from error
    if not isinstance(sent, dict):
        raise _Unfit(400, 400, "parsing silence body failed: it is no object")
    missing = [name for name in REQUIRED if sent.get(name) is None]
    if missing:
        raise _Unfit(422, 602, "; ".join(f"silence.{name} in body is required" for name in missing))
    return sent


def _wish(sent: Mapping[str, Any], owner: str) -> Wish:
    if not isinstance(sent["comment"], str) or not isinstance(sent["createdBy"], str):
        raise _Unfit(422, 601, "comment and createdBy in body must be of type string")
    return Wish(
        matchers=_matchers(sent["matchers"]),
        starts_at=_time(sent, "startsAt"),
        ends_at=_time(sent, "endsAt"),
        owner=owner,
        comment=sent["comment"],
        created_by=sent["createdBy"],
    )


def _time(sent: Mapping[str, Any], name: str) -> datetime:
    found = instant_of(sent[name]) if isinstance(sent[name], str) else None
    if found is None:
        raise _Unfit(422, 601, f"{name} in body must be of type date-time")
    return found


def _matchers(sent: Any) -> tuple[Matcher, ...]:
    if not isinstance(sent, list) or not sent:
        raise _Unfit(422, 612, "matchers in body should have at least 1 items")
    return tuple(_matcher(each, place) for place, each in enumerate(sent))


def _matcher(sent: Any, place: int) -> Matcher:
    wanted: Sequence[tuple[str, type]] = (("name", str), ("value", str), ("isRegex", bool))
    for name, kind in wanted:
        if not isinstance(sent, dict) or sent.get(name) is None:
            raise _Unfit(422, 602, f"matchers.{place}.{name} in body is required")
        if not isinstance(sent[name], kind):
            raise _Unfit(422, 601, f"matchers.{place}.{name} in body must be of type {kind.__name__}")
    is_equal = sent.get("isEqual", True) is not False
    operator = ("=" if is_equal else "!") + ("~" if sent["isRegex"] else "" if is_equal else "=")
    try:
        return matcher(sent["name"], operator, sent["value"])
    except ValueError as error:
        raise QuestionRefused(f"silence invalid: invalid label matcher {place}: {error}") from error
