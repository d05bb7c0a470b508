"""Messages that did not get through, over REST: list them with their cause, try them again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from tocsin.api.rest.guard import desk
from tocsin.app.overseeing import dead_letters_of
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Permission

router = Router(tags=["deliveries"])
MOST_ROWS = 500


class Replay(Schema, extra="forbid"):
    """Which dead messages to try again: by their keys, or all (`channel` empty: of every channel)."""

    keys: list[str] = []
    all: bool = False
    channel: str = ""


@router.get("")
def listed(request: HttpRequest, channel: str = "", limit: int = 50) -> dict[str, Any]:
    """List what was given up, newest first, with status, cause and what to do."""
    seat = desk(request, Permission.READ)
    letters, now = dead_letters_of(seat.app), seat.app.clock.now()
    found = letters.listed(max(1, min(limit, MOST_ROWS)), channel)
    return {"dead": [letter.record(now) for letter in found], "total": letters.count(channel)}


@router.post("/replay")
def replay(request: HttpRequest, body: Replay) -> dict[str, Any]:
    """Try dead messages again under their keys; a receiver that honours them sees each once."""
    seat = desk(request, Permission.COMMAND)
    letters = dead_letters_of(seat.app)
    if body.all:
        return {"keys": list(letters.revive_all(body.channel, seat.actor))}
    if not body.keys:
        raise NotFound(
            "No key was given.",
            means="Nothing was changed.",
            next_step='Send {"keys": [...]}, or {"all": true} with or without a channel.',
        )
    return {"keys": list(letters.revive(body.keys, seat.actor))}
