"""What could not be understood, over REST: list it, put it through again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tocsin.api.rest.guard import desk
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Permission

router = Router(tags=["quarantine"])


@router.get("")
def listed(request: HttpRequest) -> dict[str, Any]:
    """List what waits, newest first, with the reason; bodies are not shown here."""
    seat = desk(request, Permission.READ)
    with seat.app.store.reading() as shelves:
        waiting, total = shelves.quarantine.waiting(), shelves.quarantine.count_waiting()
    rows = [
        {
            "id": part.short_name,
            "connector": part.connector,
            "source": part.source,
            "reason": part.reason,
            "received_at": part.received_at.isoformat(),
            "bytes": len(part.body),
        }
        for part in waiting
    ]
    return {"quarantined": rows, "total": total}


@router.post("/{name}/replay")
def replay(request: HttpRequest, name: str) -> dict[str, Any]:
    """Put one through its intake again."""
    seat = desk(request, Permission.COMMAND)
    number = name.upper().removeprefix("Q-")
    if not (number.isascii() and number.isdecimal() and len(number) <= 9):
        raise NotFound(
            f"{name[:40]} is no quarantine id.",
            means="Nothing was replayed.",
            next_step="List what waits with GET /api/v1/quarantine.",
        )
    return {"outcome": seat.app.hearing.replay(int(number), seat.actor)}
