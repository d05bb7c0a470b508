"""Builds the chapter of evidence: which collectors there are, when they start, and who makes their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.app.own_acts import own_callers
from tocsin.app.own_evidence import SERVICE, OwnCaller
from tocsin.app.performing import Callers
from tocsin.app.wiring import App
from tocsin.domain.acting import Caller
from tocsin.store.age import recipients_in


def callers_of(app: App) -> Callable[[str], Caller]:
    """Return what finds who makes a service's calls: ourselves for what we keep, else its connector."""
    own: Mapping[str, Caller] = {SERVICE: OwnCaller(app), **own_callers(app)}
    others = Callers(app.settings, app.clock)

    def caller_of(service: str) -> Caller:
        return own.get(service) or others.of(service)

    return caller_of


def recipients_of(app: App) -> tuple[str, ...]:
    """Return to whom evidence is encrypted, nobody where none are set. Raises `Misconfigured`."""
    return recipients_in(app.settings.listed("TOCSIN_EVIDENCE_RECIPIENTS"))
