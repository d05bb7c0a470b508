"""Loops that fetch or listen for signals over the network, for whatever is set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tocsin.app.wiring import App
from tocsin.connectors.catalogue import load, manifest_of
from tocsin.connectors.kafka.setup import topics_of
from tocsin.connectors.syslog import setup as syslog
from tocsin.connectors.syslog.server import SyslogServer
from tocsin.domain.errors import Misconfigured
from tocsin.store.lake import checked_source
from tocsin.worker.consuming import KAFKA, Consuming
from tocsin.worker.listening import Listening
from tocsin.worker.loops import Loop
from tocsin.worker.pouring import Pouring

SYSLOG = "syslog"
MB = 1024 * 1024


def inlets(app: App) -> tuple[Loop, ...]:
    """Return a loop for each inlet that is set up. Raises `Misconfigured` for a mistake in its settings."""
    return (*_syslog(app), *_kafka(app))


def _syslog(app: App) -> tuple[Loop, ...]:
    doors = syslog.build(values_of(app, SYSLOG))
    if doors is None:
        return ()
    listening = Listening(SyslogServer(doors, partial(_append, app, SYSLOG), app.clock))
    return (Loop(SYSLOG, listening.round, close=listening.close),)


def _kafka(app: App) -> tuple[Loop, ...]:
    values = values_of(app, KAFKA)
    topics = topics_of(values)
    if not topics:
        return ()
    for source in topics.values():
        checked_source(source)
    reader = _client("tocsin.connectors.kafka.reader:KafkaReader", "kafka")
    max_decoded = app.settings.number("TOCSIN_MAX_DECODED_MB") * MB
    consuming = Consuming(pouring_of(app), values, topics, reader, max_decoded)
    return (Loop(KAFKA, consuming.round, close=consuming.close),)


def pouring_of(app: App) -> Pouring:
    """Return what pours into the application's lake."""
    return Pouring(app.store, app.lake, app.clock, app.take, app.signals_bell.ring)


def _client(place: str, extra: str) -> Any:
    """Import what needs an extra. Raises `Misconfigured` where that is not installed."""
    try:
        return load(place)
    except ImportError as missing:
        raise Misconfigured(
            f"Settings for {extra} are there, but its library is not installed.",
            means="Tocsin does not start, because signals that you count on would not be read.",
            next_step=f"Install it with `pip install 'tocsin[{extra}]'`, or remove the settings.",
        ) from missing


def values_of(app: App, connector: str) -> Mapping[str, str]:
    """Return the settings that a connector's manifest names."""
    return {one.name: app.settings.text(one.name) for one in manifest_of(connector).settings}


def _append(app: App, source: str, lines: Sequence[bytes]) -> None:
    app.lake.append(source, lines)
    app.signals_bell.ring()
