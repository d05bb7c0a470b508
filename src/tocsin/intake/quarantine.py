"""Decide what is kept of something that could not be understood: all that a replay needs, and why."""

from __future__ import annotations

from datetime import datetime

from tocsin.domain.arrival import Quarantined
from tocsin.domain.errors import Explained

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The most bytes of one quarantined body that are kept."""
MAX_REASON_CHARACTERS = 500


def quarantine(
    problem: Explained | str, *, connector: str, source: str, body: bytes, received_at: datetime
) -> Quarantined:
    """Return what to keep, with a reason of one bounded line.

    A body of more than `MAX_BODY_BYTES` is cut and its reason says so: a replay of it would fail again.
    """
    said = f"{problem.happened} {problem.next_step}" if isinstance(problem, Explained) else problem
    reason = " ".join("".join(character if character.isprintable() else " " for character in said).split())
    if len(body) > MAX_BODY_BYTES:
        reason = f"Cut to the first {MAX_BODY_BYTES} of {len(body)} bytes. {reason}"
    if len(reason) > MAX_REASON_CHARACTERS:
        reason = reason[: MAX_REASON_CHARACTERS - 1] + "…"
    return Quarantined(
        connector=connector,
        source=source,
        reason=reason or "No reason was given.",
        body=body[:MAX_BODY_BYTES],
        received_at=received_at,
    )
