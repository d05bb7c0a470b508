"""Alertmanager's way at run time: its file is put in force and exchanged, its groups are flushed and told."""

from __future__ import annotations

from tocsin.app.alertmanager_file import exchange, file_of
from tocsin.app.counters import reloaded
from tocsin.app.hushing import hush_of
from tocsin.app.wiring import App
from tocsin.domain.alert import Alert
from tocsin.domain.errors import Explained
from tocsin.flow.flushing import Flush
from tocsin.flow.notifying import Notifying
from tocsin.triage.classify import classify


def adopt(app: App) -> None:
    """Group the firing alerts anew if another file than ours was in force on the database."""
    with app.store.reading() as shelves:
        is_adopted = app.take.notify.is_adopted(shelves)
    reloaded(well=True)
    if not is_adopted:
        with app.store.transaction() as shelves:
            app.take.notify.adopt(shelves, app.clock.now())


def reload(app: App) -> None:
    """Read the file again and put it in force; all timers start anew.

    Raises `Misconfigured`, `PackProblem`; then nothing has changed.
    """
    try:
        exchange(app.take.notify.routing, file_of(app.settings, app.packs))
    except Explained:
        reloaded(well=False)
        raise
    with app.store.transaction() as shelves:
        app.take.notify.regroup(shelves, app.clock.now())
    reloaded(well=True)


def is_as_upstream(app: App) -> bool:
    """Say whether everything is to be as in Alertmanager, also where Tocsin would do better."""
    return app.settings.text("TOCSIN_ALERTMANAGER_AS_UPSTREAM") == "true"


def flush_of(app: App) -> Flush:
    """Return what flushes groups."""

    def is_guarded(alert: Alert) -> bool:
        found = classify(alert, app.policies.triage, app.policies.words)
        return hush_of(app).policy.is_guarded(found.severity, found.type)

    if is_as_upstream(app):
        return Flush(app.take.notify.routing, app.clock)
    return Flush(app.take.notify.routing, app.clock, is_guarded)


def notifying_of(app: App) -> Notifying:
    """Return what prepares and settles notifications."""
    return Notifying(
        routing=app.take.notify.routing,
        clock=app.clock,
        external_url=app.settings.text("TOCSIN_PUBLIC_URL").rstrip("/"),
        as_upstream=is_as_upstream(app),
    )
