"""Alertmanager's way at run time: its file is put in force and exchanged, its groups are flushed and told."""

from __future__ import annotations

from tocsin.app.alertmanager_file import exchange, file_of
from tocsin.app.wiring import App
from tocsin.flow.flushing import Flush
from tocsin.flow.notifying import Notifying


def adopt(app: App) -> None:
    """Group the firing alerts anew if another file than ours was in force on the database."""
    with app.store.reading() as shelves:
        is_adopted = app.take.notify.is_adopted(shelves)
    if not is_adopted:
        with app.store.transaction() as shelves:
            app.take.notify.adopt(shelves, app.clock.now())


def reload(app: App) -> None:
    """Read the file again and put it in force; all timers start anew.

    Raises `Misconfigured`, `PackProblem`; then nothing has changed.
    """
    exchange(app.take.notify.routing, file_of(app.settings, app.packs))
    with app.store.transaction() as shelves:
        app.take.notify.regroup(shelves, app.clock.now())


def flush_of(app: App) -> Flush:
    """Return what flushes groups."""
    return Flush(app.take.notify.routing, app.clock)


def notifying_of(app: App) -> Notifying:
    """Return what prepares and settles notifications."""
    return Notifying(
        routing=app.take.notify.routing,
        clock=app.clock,
        external_url=app.settings.text("TOCSIN_PUBLIC_URL").rstrip("/"),
        as_upstream=app.settings.text("TOCSIN_ALERTMANAGER_AS_UPSTREAM") == "true",
    )
