"""Loops that fetch or listen for signals over the network, for whatever is set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from tocsin.app.wiring import App
from tocsin.connectors.catalogue import manifest_of
from tocsin.connectors.syslog import setup as syslog
from tocsin.connectors.syslog.server import SyslogServer
from tocsin.worker.listening import Listening
from tocsin.worker.loops import Loop

SYSLOG = "syslog"


def inlets(app: App) -> tuple[Loop, ...]:
    """Return a loop for each inlet that is set up. Raises `Misconfigured` for a mistake in its settings."""
    return (*_syslog(app),)


def _syslog(app: App) -> tuple[Loop, ...]:
    doors = syslog.build(values_of(app, SYSLOG))
    if doors is None:
        return ()
    listening = Listening(SyslogServer(doors, partial(_append, app, SYSLOG), app.clock))
    return (Loop(SYSLOG, listening.round, close=listening.close),)


def values_of(app: App, connector: str) -> Mapping[str, str]:
    """Return the settings that a connector's manifest names."""
    return {one.name: app.settings.text(one.name) for one in manifest_of(connector).settings}


def _append(app: App, source: str, lines: Sequence[bytes]) -> None:
    app.lake.append(source, lines)
    app.signals_bell.ring()
