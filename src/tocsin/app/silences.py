"""Silences as clients of Alertmanager's API make, change and end them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from tocsin.app.wiring import App
from tocsin.domain.errors import NotFound
from tocsin.domain.silence import Silence
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.triage.silence_rules import Wish, check, expired, replaced

RETENTION = timedelta(hours=120)
"""How long an expired silence stays listed (Alertmanager's `--data.retention`)."""


def kept_silences(app: App) -> tuple[Silence, ...]:
    """Return silences that have not ended, or not long ago."""
    with app.store.reading() as shelves:
        return shelves.silences.ending_after(app.clock.now() - RETENTION)


def put_silence(app: App, wish: Wish, old_id: UUID | None) -> Silence:
    """Make a silence, or change one by Alertmanager's rules. Raises `SilenceRefused`, `NotFound`."""
    now = app.clock.now()
    check(wish, now)
    with app.store.transaction() as shelves:
        shelves.lock("silences")
        old = None if old_id is None else shelves.silences.get(old_id)
        if old_id is not None and old is None:
            raise _unknown()
        came = replaced(old, wish, uuid4(), now)
        if came.ended is not None:
            shelves.silences.save(came.ended)
        (shelves.silences.add if came.is_new else shelves.silences.save)(came.silence)
        facts = {"comment": came.silence.comment, "by": came.silence.created_by}
        subject = str(came.silence.silence_id)
        note(shelves, Happening.SILENCED, at=now, actor=wish.owner, subject=subject, facts=facts)
        return came.silence


def end_silence(app: App, silence_id: UUID, owner: str) -> None:
    """End a silence now; one that has ended stays as it is. Raises `NotFound`."""
    now = app.clock.now()
    with app.store.transaction() as shelves:
        shelves.lock("silences")
        silence = shelves.silences.get(silence_id)
        if silence is None:
            raise _unknown()
        shelves.silences.save(expired(silence, now))
        note(shelves, Happening.SILENCE_EXPIRED, at=now, actor=owner, subject=str(silence_id))


def _unknown() -> NotFound:
    return NotFound(
        "There is no such silence.",
        means="Nothing was changed.",
        next_step="Look at `amtool silence query` for those there are.",
    )
