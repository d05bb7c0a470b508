"""Silences over REST: list, try out, make, change, confirm and end them."""

from __future__ import annotations

from typing import Any, Self

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import model_validator

from tocsin.api.rest.guard import desk
from tocsin.app.hushing import Asked, ask, hush_of, id_of, matchers_of, record_of
from tocsin.domain.person import Permission
from tocsin.flow.hush import found
from tocsin.triage.silence_rules import MAX_COMMENT_CHARACTERS, MAX_MATCHERS

router = Router(tags=["silences"])

MOST_SHOWN = 50


class Matchers(Schema, extra="forbid"):
    """Which alerts: each as `name OP value`, OP one of = != =~ !~; all must hold."""

    matchers: list[str] = Field(max_length=MAX_MATCHERS)


class Recurs(Schema, extra="forbid"):
    """When it comes again: an RFC 5545 rule whose local starts lie in `zone`, each time for `each`."""

    rule: str = Field(min_length=1)
    zone: str = Field(min_length=1)
    each: str = Field(min_length=1)


class NewSilence(Matchers):
    """A silence as wanted. Lengths such as `2h`; times ISO 8601 with a zone."""

    reason: str = Field(max_length=MAX_COMMENT_CHARACTERS)
    lasts: str = ""
    starts_at: str = ""
    ends_at: str = ""
    until_resolved: bool = False
    recurrence: Recurs | None = None

    @model_validator(mode="after")
    def ends_once(self) -> Self:
        """Refuse two ends, of which one would be forgotten."""
        if self.lasts and self.ends_at:
            raise ValueError("write either lasts or ends_at, not both")
        return self


@router.get("")
def listed(request: HttpRequest) -> dict[str, Any]:
    """List all silences by their end, those that ended within five days too."""
    seat = desk(request, Permission.READ)
    now = seat.app.clock.now()
    rows = [record_of(silence, now) for silence in hush_of(seat.app).listed()]
    return {"silences": rows, "total": len(rows)}


@router.post("")
def make(request: HttpRequest, wanted: NewSilence) -> dict[str, Any]:
    """Make a silence; the answer comes after it is kept, and it holds from then on."""
    seat = desk(request, Permission.RESPOND)
    made = ask(seat.app, _asked(wanted), seat.actor)
    return record_of(made, seat.app.clock.now())


@router.post("/preview")
def preview(request: HttpRequest, wanted: Matchers) -> dict[str, Any]:
    """Say which alerts that fire now a silence with these matchers would fit."""
    seat = desk(request, Permission.READ)
    seen = hush_of(seat.app).preview(matchers_of(wanted.matchers))
    return {
        "alerts": [{"id": each.short_name, "title": each.title} for each in seen.alerts[:MOST_SHOWN]],
        "total": len(seen.alerts),
        "worst": seen.exposure.worst,
        "needs_second": seen.exposure.guarded,
    }


@router.get("/{silence_id}")
def shown(request: HttpRequest, silence_id: str) -> dict[str, Any]:
    """Show one silence."""
    seat = desk(request, Permission.READ)
    with seat.app.store.reading() as shelves:
        silence = found(shelves, id_of(silence_id))
    return record_of(silence, seat.app.clock.now())


@router.put("/{silence_id}")
def change(request: HttpRequest, silence_id: str, wanted: NewSilence) -> dict[str, Any]:
    """Change a silence; where that is not possible it ends, and the answer is a new one in its place."""
    seat = desk(request, Permission.RESPOND)
    changed = ask(seat.app, _asked(wanted), seat.actor, id_of(silence_id))
    return record_of(changed, seat.app.clock.now())


@router.post("/{silence_id}/confirm")
def confirm(request: HttpRequest, silence_id: str) -> dict[str, Any]:
    """Be the second person; a token never is, so that this explains where to confirm."""
    seat = desk(request, Permission.COMMAND)
    confirmed = hush_of(seat.app).confirm(id_of(silence_id), seat.actor)
    return record_of(confirmed, seat.app.clock.now())


@router.delete("/{silence_id}")
def expire(request: HttpRequest, silence_id: str) -> dict[str, Any]:
    """End a silence now; repeating it changes nothing."""
    seat = desk(request, Permission.RESPOND)
    ended = hush_of(seat.app).expire(id_of(silence_id), seat.actor)
    return record_of(ended, seat.app.clock.now())


def _asked(wanted: NewSilence) -> Asked:
    again = wanted.recurrence
    return Asked(
        matchers=tuple(wanted.matchers),
        reason=wanted.reason,
        lasts=wanted.lasts,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        until_resolved=wanted.until_resolved,
        rule=again.rule if again else "",
        zone=again.zone if again else "UTC",
        each=again.each if again else "",
    )
