"""The log over REST: its signed head, and a full verification in R3's form."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tocsin.api.rest.guard import desk
from tocsin.app.proving import Disagreements
from tocsin.domain.person import Permission

router = Router(tags=["audit"])


@router.get("/verify")
def verify(request: HttpRequest) -> dict[str, Any]:
    """Verify the whole log; `brokenAtEventId` is the first broken entry's number, or null."""
    seat = desk(request, Permission.READ)
    verdict = seat.app.proving.verify()
    against = seat.app.proving.disagreements() if verdict.sound else Disagreements((), ())
    checked, faults = (0, ()) if against.unreadable else seat.app.respond.verify()
    return {
        "verified": verdict.sound,
        "brokenAtEventId": verdict.first_broken,
        "reason": verdict.reason,
        "entries": verdict.size,
        "sealed": verdict.sealed_size,
        "waiting": verdict.unsequenced,
        "checkpoints": verdict.checkpoints_checked,
        "exhibits": checked,
        "exhibitFaults": [
            *(fault.sentence for fault in against.exhibits),
            *(fault.sentence for fault in faults),
        ],
        "recordFaults": [fault.sentence for fault in against.records],
    }


@router.get("/head")
def head(request: HttpRequest) -> dict[str, Any]:
    """Return the last checkpoint as a signed note, and the key that checks it."""
    seat = desk(request, Permission.READ)
    with seat.app.store.reading() as shelves:
        last = shelves.log.last_checkpoint()
    return {"checkpoint": last.note if last else None, "vkey": seat.app.signer.verifier_key}
