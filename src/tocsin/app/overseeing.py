"""Makes what watches over the house: the auditor, dead letters, signs of life, answers by telephone."""

from __future__ import annotations

from tocsin.app.wiring import App
from tocsin.flow.answering import Answering
from tocsin.flow.dead_letters import DeadLetters
from tocsin.flow.oversee import Oversee
from tocsin.flow.watchdog import Watchdog
from tocsin.intake.watchdog import read_heartbeats


def oversee_of(app: App) -> Oversee:
    """Return the auditor."""
    return Oversee(app.store, app.clock, app.take, app.call)


def dead_letters_of(app: App) -> DeadLetters:
    """Return the chapter of what did not get through."""
    return DeadLetters(app.store, app.clock, app.take)


def watchdog_of(app: App) -> Watchdog:
    """Return what waits for the signs of life that the packs expect. Raises `PackProblem`."""
    sources = app.packs.file("sources.yml")
    return Watchdog(app.store, app.clock, app.take, read_heartbeats(sources.text, sources.path))


def answering_of(app: App) -> Answering:
    """Return the chapter of answers by telephone."""
    return Answering(app.store, app.clock, app.call)
