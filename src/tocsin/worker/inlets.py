"""Loops that fetch or listen for signals over the network, for whatever is set up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from tocsin.app.forgeries import Refusal
from tocsin.app.hook_secrets import written_secrets
from tocsin.app.wiring import App
from tocsin.connectors.catalogue import load, manifest_of
from tocsin.connectors.cloudwatch.wanted import groups_of, metrics_of
from tocsin.connectors.hook import TOKEN_HEADER, HookRequest
from tocsin.connectors.kafka.setup import topics_of
from tocsin.connectors.s3.places import places_of
from tocsin.connectors.syslog import setup as syslog
from tocsin.connectors.syslog.server import SyslogServer
from tocsin.domain.errors import Misconfigured
from tocsin.store.lake import checked_source
from tocsin.worker.consuming import KAFKA, Consuming
from tocsin.worker.listening import Listening
from tocsin.worker.loops import Loop
from tocsin.worker.polling import Asker, BucketPolling, LogPolling, MetricPolling
from tocsin.worker.pouring import Pouring

SYSLOG = "syslog"
MAIL = "mail"
MB = 1024 * 1024
NO_ADDRESS = "it was sent to an address that is none of this door"

_MAIL_KEY = re.compile(r"[A-Za-z0-9_-]{16,80}")


def inlets(app: App) -> tuple[Loop, ...]:
    """Return a loop for each inlet that is set up. Raises `Misconfigured` for a mistake in its settings."""
    return (*_syslog(app), *_mail(app), *_kafka(app), *_buckets(app), *_cloudwatch(app))


def _syslog(app: App) -> tuple[Loop, ...]:
    doors = syslog.build(values_of(app, SYSLOG))
    if doors is None:
        return ()
    listening = Listening(SyslogServer(doors, partial(_append, app, SYSLOG), app.clock))
    return (Loop(SYSLOG, listening.round, close=listening.close),)


def _mail(app: App) -> tuple[Loop, ...]:
    port = app.settings.text("TOCSIN_MAIL_PORT")
    if not port:
        return ()
    _demand_mail_keys(app)
    server = _client("tocsin.connectors.mail.server:MailServer", MAIL)
    door = server(
        app.settings.text("TOCSIN_MAIL_HOST"),
        app.settings.number("TOCSIN_MAIL_PORT"),
        letters_of(app),
        partial(_mail_refused, app),
    )
    return (Loop(MAIL, door.round, close=door.close),)


def _demand_mail_keys(app: App) -> None:
    """Find a key that no address could carry, or that is soon guessed. Raises `Misconfigured`."""
    keys = written_secrets(app.settings.text("TOCSIN_MAIL_KEYS"))
    wrong = [number for number, key in enumerate(keys, 1) if _MAIL_KEY.fullmatch(key) is None]
    if wrong:
        raise Misconfigured(
            f"Key {wrong[0]} of {len(keys)} in TOCSIN_MAIL_KEYS cannot stand in a mail's address.",
            means="Tocsin does not start, because mails with this key would be refused.",
            next_step="Write 16 to 80 letters and digits (also _ and -), best only a-z 0-9.",
        )


def _mail_refused(app: App, sender: str) -> None:
    told = Refusal(connector=MAIL, source="", sender=sender, reason=NO_ADDRESS)
    app.hearing.hooks.forgeries.met(told)


def letters_of(app: App) -> Callable[[str, str, bytes, str], object]:
    """Return what hears one mail: its source, the key of its address, its bytes, and who sent it."""

    def hear(source: str, key: str, body: bytes, sender: str) -> object:
        headers = {TOKEN_HEADER: key}
        request = HookRequest(headers=headers, body=body, source=source, now=app.clock.now())
        return app.hearing.hooks.hear(MAIL, request, sender)

    return hear


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


def _buckets(app: App) -> tuple[Loop, ...]:
    places = places_of(app.settings.text("TOCSIN_S3_BUCKETS"))
    if not places:
        return ()
    bucket, asker = _client("tocsin.connectors.s3.bucket:Bucket", "aws"), _asker(app)
    loops = []
    for place in places:
        name = f"{place.bucket}/{place.prefix}"
        polling = BucketPolling(asker, checked_source(place.source), name, bucket(place, **_aws(app)))
        loops.append(Loop(f"s3-{place.source}", polling.round))
    return tuple(loops)


def _cloudwatch(app: App) -> tuple[Loop, ...]:
    groups = groups_of(app.settings.text("TOCSIN_CLOUDWATCH_LOGS"))
    wanted = metrics_of(app.settings.text("TOCSIN_CLOUDWATCH_METRICS"))
    if not groups and not wanted:
        return ()
    watched = _client("tocsin.connectors.cloudwatch.polled:CloudWatch", "aws")(**_aws(app))
    asker = _asker(app)
    loops = [
        Loop(f"logs-{source}", LogPolling(asker, checked_source(source), group, watched).round)
        for group, source in groups.items()
    ]
    if wanted:
        metrics = MetricPolling(asker, wanted, watched, app.samples, app.tally)
        loops.append(Loop("metrics", metrics.round))
    return tuple(loops)


def _asker(app: App) -> Asker:
    return Asker(
        pouring=pouring_of(app),
        owner=uuid4().hex,
        every_s=float(app.settings.number("TOCSIN_AWS_POLL_SECONDS")),
        max_decoded=app.settings.number("TOCSIN_MAX_DECODED_MB") * MB,
    )


def _aws(app: App) -> dict[str, str]:
    return {"region": app.settings.text("TOCSIN_AWS_REGION"), "url": app.settings.text("TOCSIN_AWS_URL")}


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
