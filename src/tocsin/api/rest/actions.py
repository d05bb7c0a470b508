"""Actions over REST: propose, plan, list, show, withdraw, undo, stop. Consent is never given by a token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tocsin.api.rest.guard import desk
from tocsin.app.acting import (
    act_of,
    actions_of,
    asked_for,
    commands_in,
    declaration_record,
    incident_named,
    number_of,
    performers_in,
    plan_record,
    record_of,
    standing_record,
    stopping_of,
    without_time,
)
from tocsin.domain.action import Door
from tocsin.domain.person import Permission
from tocsin.response.stops import EVERYTHING

router = Router(tags=["actions"])
MOST_ROWS = 500


class Wanted(Schema, extra="forbid"):
    """An action as wanted: for which incident, with which arguments, and why.

    The argument `for` (such as `24h`) is when it takes itself back.
    """

    incident: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field("", max_length=2000)


class Planned(Schema, extra="forbid"):
    """Arguments to rehearse."""

    arguments: dict[str, Any] = Field(default_factory=dict)


class Why(Schema, extra="forbid"):
    """A reason, in a few words."""

    reason: str = Field("", max_length=500)


class Scope(Schema, extra="forbid"):
    """What is stopped: `everything`, `connector:NAME` or `runbook:NAME`."""

    scope: str = EVERYTHING
    reason: str = Field("", max_length=500)


@router.get("")
def listed(request: HttpRequest, incident: str = "", limit: int = 50) -> dict[str, Any]:
    """List actions that were asked for, newest first, and what is stopped."""
    seat = desk(request, Permission.READ)
    with seat.app.store.reading() as shelves:
        meant = incident_named(shelves, incident).incident_id if incident else None
        actions = actions_of(shelves, meant, min(max(limit, 1), MOST_ROWS))
    stopped = stopping_of(seat.app).stopped()
    return {
        "actions": [record_of(each) for each in actions],
        "stopped": [{"scope": each.scope, "by": each.by, "reason": each.reason} for each in stopped],
    }


@router.get("/catalogue")
def catalogue(request: HttpRequest) -> dict[str, Any]:
    """List the actions that can be asked for, and what each says of itself."""
    seat = desk(request, Permission.READ)
    performers = {**performers_in(seat.app.packs), **commands_in(seat.app.settings)}
    return {"catalogue": [declaration_record(performers[name].declaration) for name in sorted(performers)]}


@router.get("/standing")
def standing(request: HttpRequest) -> dict[str, Any]:
    """List consents in advance, those that ended too; people give and revoke them in the console."""
    seat = desk(request, Permission.READ)
    with seat.app.store.reading() as shelves:
        given = shelves.actions.standing_for()
    now = seat.app.clock.now()
    return {"standing": [standing_record(each, now) for each in given]}


@router.post("/stop")
def stop(request: HttpRequest, wanted: Scope) -> dict[str, Any]:
    """Let no new call start; it is in force when this answers."""
    seat = desk(request, Permission.COMMAND)
    made = stopping_of(seat.app).stop(seat.actor, wanted.reason, wanted.scope)
    return {"scope": made.scope, "by": made.by, "reason": made.reason}


@router.post("/start")
def start(request: HttpRequest, wanted: Scope) -> dict[str, Any]:
    """Let calls start again."""
    seat = desk(request, Permission.ADMINISTER)
    stopping_of(seat.app).start(seat.actor, wanted.scope)
    return {"scope": wanted.scope}


@router.post("/plan/{name}")
def plan(request: HttpRequest, name: str, wanted: Planned) -> dict[str, Any]:
    """Rehearse an action: its calls, evidence, consent, undo and residual. Nothing outside is called."""
    seat = desk(request, Permission.RESPOND)
    arguments, _ = without_time(wanted.arguments)
    return plan_record(act_of(seat.app).plan(name, arguments, door=Door.API, by=seat.proposer))


@router.post("/{name}")
def propose(request: HttpRequest, name: str, wanted: Wanted) -> dict[str, Any]:
    """Propose an action; asked again it is the same one. 409 `evidence_missing` lists what it waits for."""
    seat = desk(request, Permission.RESPOND)
    act = act_of(seat.app)
    action = asked_for(
        seat.app,
        wanted.incident,
        name,
        wanted.arguments,
        by=seat.proposer,
        door=Door.API,
        reason=wanted.reason,
    )
    action, waits = act.waits(action.number)
    if waits is not None and waits.lacks_evidence:
        act.demand_ready(action.number)
    return record_of(action, waits)


@router.get("/{name}")
def shown(request: HttpRequest, name: str) -> dict[str, Any]:
    """Show one action (`ACT-n`), and what it waits for."""
    seat = desk(request, Permission.READ)
    return record_of(*act_of(seat.app).waits(number_of(name)))


@router.post("/{action}/withdraw")
def withdraw(request: HttpRequest, action: str, wanted: Why) -> dict[str, Any]:
    """Take a proposal back before it begins."""
    seat = desk(request, Permission.RESPOND)
    return record_of(act_of(seat.app).withdraw(number_of(action), seat.actor, wanted.reason))


@router.post("/{action}/undo")
def undo(request: HttpRequest, action: str, wanted: Why) -> dict[str, Any]:
    """Propose to take an action back; that is an action of its own, with the same gate."""
    seat = desk(request, Permission.RESPOND)
    made = act_of(seat.app).undo(number_of(action), by=seat.proposer, door=Door.API, reason=wanted.reason)
    return record_of(made)


@router.post("/{action}/approve")
def approve(request: HttpRequest, action: str) -> dict[str, Any]:
    """A token never consents, so that this explains where a person does."""
    seat = desk(request, Permission.RESPOND)
    return record_of(act_of(seat.app).consenting.approve(number_of(action), seat.actor, door=Door.API))
