"""The log over REST: its signed head, and a full verification in R3's form."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tocsin.api.rest.guard import desk
from tocsin.app.proving import Disagreements, Proven, first_unsound
from tocsin.app.trusting import believed, trust_record
from tocsin.domain.person import Permission

router = Router(tags=["audit"])


@router.get("/verify")
def verify(request: HttpRequest) -> dict[str, Any]:
    """Verify the log and those before it; `brokenAtEventId` is the first broken entry's number, or null.

    A log that broke stays broken, so `verified` is false from then on; `logs` tells of each, also of the one
    that is written to since. `verified` speaks of the log alone; `evidenceSound` also of exhibits and of the
    rows that are compared with it.
    """
    seat = desk(request, Permission.READ)
    proven = seat.app.proving.verify_all()
    verdict = first_unsound(proven)
    against = seat.app.proving.disagreements() if verdict.sound else Disagreements((), ())
    checked, faults = (0, ()) if against.unreadable else seat.app.respond.verify()
    is_kept = not (against.exhibits or against.records or faults)
    return {
        "verified": verdict.sound,
        "evidenceSound": is_kept and verdict.sound,
        "brokenAtEventId": verdict.first_broken,
        "brokenLog": next((each.origin for each in proven if not each.verdict.sound), None),
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
        "logs": [_log(each) for each in proven],
    }


def _log(proven: Proven) -> dict[str, Any]:
    """Return one log of the line: the first is the oldest, the last the one that is written to."""
    frozen = proven.frozen
    return {
        "origin": proven.origin,
        "verified": proven.verdict.sound,
        "brokenAtEventId": proven.verdict.first_broken,
        "reason": proven.verdict.reason,
        "entries": proven.verdict.size,
        "sealed": proven.verdict.sealed_size,
        "frozenAt": frozen.found_at.isoformat() if frozen else None,
        "lastCheckpoint": frozen.checkpoint if frozen else None,
    }


@router.get("/head")
def head(request: HttpRequest) -> dict[str, Any]:
    """Return the last checkpoint as a signed note, the key that checks it, and the logs that broke before."""
    seat = desk(request, Permission.READ)
    logs = seat.app.logs
    number = logs.number
    with seat.app.store.reading() as shelves:
        last = shelves.log.of(number).last_checkpoint()
    broken = [(each, logs.broken(each)) for each in range(1, number)]
    return {
        "checkpoint": last.note if last else None,
        "vkey": logs.signer_of(number).verifier_key,
        "broken": [
            {
                "origin": frozen.origin,
                "vkey": logs.signer_of(each).verifier_key,
                "checkpoint": frozen.checkpoint,
                "brokenAtEventId": frozen.first_broken,
                "reason": frozen.reason,
            }
            for each, frozen in broken
            if frozen is not None
        ],
    }


@router.get("/trust")
def trust(request: HttpRequest) -> dict[str, Any]:
    """Return how far the log can be believed now (L0 to L3), and what each place outside holds of it."""
    return trust_record(believed(desk(request, Permission.READ).app))
