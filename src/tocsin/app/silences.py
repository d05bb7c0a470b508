"""Silences as clients of Alertmanager's API make, change and end them."""

from __future__ import annotations

from uuid import UUID

from tocsin.app.hushing import hush_of
from tocsin.app.wiring import App
from tocsin.domain.silence import Silence
from tocsin.triage.silence_rules import Wish


def kept_silences(app: App) -> tuple[Silence, ...]:
    """Return silences that have not ended, or not long ago."""
    return hush_of(app).listed()


def put_silence(app: App, wish: Wish, old_id: UUID | None) -> Silence:
    """Make a silence, or change one by Alertmanager's rules. Raises `SilenceRefused`, `NotFound`.

    One that fits guarded alerts waits for a second person, unless everything is to be as in Alertmanager.
    """
    as_upstream = app.settings.text("TOCSIN_ALERTMANAGER_AS_UPSTREAM") == "true"
    return hush_of(app).accept(wish, old_id, is_upstream=as_upstream)


def end_silence(app: App, silence_id: UUID, owner: str) -> None:
    """End a silence now; one that has ended stays as it is. Raises `NotFound`, `SilenceRefused`."""
    hush_of(app).expire(silence_id, owner)
