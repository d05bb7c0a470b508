"""Takes out of quarantine what will never be understood; its bytes stay, and the log says why."""

from __future__ import annotations

from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.ports.shelves import Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note

LONGEST_REASON = 2000


class DiscardUnexplained(Explained):
    """Something was to be discarded without a reason."""

    code = "discard_unexplained"


def discard(store: Store, clock: Clock, number: int, *, actor: str, reason: str) -> str:
    """Take Q-`number` out of what waits; return its short name. Raises `DiscardUnexplained`, `NotFound`."""
    why = reason.strip()[:LONGEST_REASON]
    if not why:
        raise DiscardUnexplained(
            "What came in is thrown away only with a reason.",
            means="Nothing was discarded.",
            next_step="Say with --reason why it will never be needed.",
        )
    now = clock.now()
    with store.transaction() as shelves:
        waiting = shelves.quarantine.get(number)
        if waiting is None or waiting.replayed_at is not None:
            raise NotFound(
                f"Nothing waits in quarantine as Q-{number}.",
                means="Nothing was discarded.",
                next_step="Look at `tocsin alert quarantine` for what waits.",
            )
        shelves.quarantine.mark_replayed(number, now)
        note(
            shelves,
            Happening.DISCARDED,
            at=now,
            actor=actor,
            subject=waiting.short_name,
            facts={"reason": why},
        )
    return waiting.short_name
