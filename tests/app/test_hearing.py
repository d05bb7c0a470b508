from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from nouns import NOON
from tocsin.app.hearing import API_ALERTS, SIGNALS, WEBHOOK, WEBHOOK_LEASE, StillUnreadable
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.connectors.refusal import BodyRefused
from tocsin.domain.arrival import Quarantined
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.store.lake import SignalRefused

JSON = "application/json"
GOOD = {"labels": {"alertname": "ShopDown", "severity": "critical", "service": "shop"}}
WEBHOOK_BODY = {"version": "4", "alerts": [{"status": "firing", **GOOD, "startsAt": "2026-03-01T11:59:00Z"}]}


@pytest.fixture
def app(tmp_path: Path, memory_store) -> App:
    return build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)


def _waiting(app: App) -> tuple[Quarantined, ...]:
    with app.store.reading() as shelves:
        return shelves.quarantine.waiting()


def _alert(app: App):
    with app.store.reading() as shelves:
        return shelves.alerts.recent()[0]


def _set_aside(app: App, connector: str, body: bytes, source: str = "prometheus") -> None:
    with app.store.transaction() as shelves:
        kept = Quarantined(connector=connector, source=source, reason="then", body=body, received_at=NOON)
        shelves.quarantine.add(kept)


def test_alerts_are_taken_and_answered_like_alertmanager(app) -> None:
    heard = app.hearing.api_alerts(orjson.dumps([GOOD]), JSON, source="prometheus", sender="t")
    assert (heard.taken.accepted, heard.status, heard.answer) == (1, 200, b"")


def test_the_good_ones_of_a_body_are_kept_beside_a_bad_one(app) -> None:
    heard = app.hearing.api_alerts(
        orjson.dumps([GOOD, {"labels": {}}]), JSON, source="prometheus", sender="t"
    )
    assert (heard.taken.accepted, heard.status) == (1, 400)
    assert [part.connector for part in _waiting(app)] == [API_ALERTS]


@pytest.mark.parametrize(
    ("hear", "connector"),
    [
        (lambda h: h.api_alerts(b"{", JSON, source="prometheus", sender="t"), API_ALERTS),
        (lambda h: h.webhook(b"[]", source="alertmanager", sender="t"), WEBHOOK),
        (lambda h: h.signals(b"{}", "br", source="idp", sender="t"), SIGNALS),
    ],
)
def test_a_body_nobody_can_read_is_refused_once_it_is_set_aside(app, hear, connector) -> None:
    with pytest.raises(BodyRefused):
        hear(app.hearing)
    (part,) = _waiting(app)
    assert part.connector == connector
    assert part.reason


def test_a_firing_alert_of_a_webhook_lives_until_its_end_is_told(app) -> None:
    app.hearing.webhook(orjson.dumps(WEBHOOK_BODY), source="alertmanager", sender="t")
    assert _alert(app).ends_at == NOON + WEBHOOK_LEASE


def test_signals_are_in_the_lake_and_the_judges_are_woken(app) -> None:
    rings = app.signals_bell.rings
    heard = app.hearing.signals(b'{"a":1}\n{"b":\n{"c":3}\n', "", source="idp", sender="t")
    assert (heard.accepted, len(heard.quarantined)) == (2, 1)
    assert app.lake.read("idp", 0, 9)[0] == (b'{"a":1}', b'{"c":3}')
    assert app.signals_bell.rings == rings + 1


@pytest.mark.parametrize("source", ["../etc", "", "A", "a" * 65, "a\0", "a/b"])
def test_a_name_that_can_be_no_source_is_refused_before_anything_is_kept(app, source: str) -> None:
    with pytest.raises(SignalRefused):
        app.hearing.signals(b'{"a":1}\nrubbish', "", source=source, sender="t")
    assert _waiting(app) == ()


def test_what_can_be_read_today_is_replayed_once(app) -> None:
    _set_aside(app, API_ALERTS, orjson.dumps([GOOD]))
    assert app.hearing.replay(1, "ada") == "Q-1: 1 accepted"
    assert _waiting(app) == ()
    with pytest.raises(NotFound):
        app.hearing.replay(1, "ada")


def test_a_replayed_webhook_keeps_the_lease_of_its_source(app) -> None:
    _set_aside(app, WEBHOOK, orjson.dumps(WEBHOOK_BODY), "alertmanager")
    app.hearing.replay(1, "ada")
    assert _alert(app).ends_at == NOON + WEBHOOK_LEASE


def test_what_was_refused_of_a_named_format_is_replayed_as_that_format(app) -> None:
    heard = app.hearing.signals(b'{"a":1}\n[]', "", source="idp", sender="t", form="json")
    assert heard.accepted == 1
    (part,) = _waiting(app)
    assert part.connector == "signals.json"
    _set_aside(app, "signals.json", b'{"b":2}', source="idp")
    assert app.hearing.replay(2, "ada") == "Q-2: 1 accepted"
    assert app.lake.read("idp", 0, 9)[0] == (b'{"a":1}', b'{"b":2}')


def test_replayed_signals_go_to_the_lake(app) -> None:
    _set_aside(app, SIGNALS, gzip.compress(b'{"a":1}\n{"b":2}'), "idp")
    assert app.hearing.replay(1, "ada") == "Q-1: 2 accepted"
    assert app.lake.read("idp", 0, 9)[0] == (b'{"a":1}', b'{"b":2}')


@pytest.mark.parametrize(
    ("connector", "body"),
    [
        (API_ALERTS, b"{"),
        (API_ALERTS, b'[{"labels": {}}]'),
        (WEBHOOK, b"[]"),
        (SIGNALS, b"rubbish"),
    ],
)
def test_what_is_still_unreadable_stays_where_it_is(app, connector, body) -> None:
    _set_aside(app, connector, body)
    with pytest.raises(StillUnreadable, match="Q-1"):
        app.hearing.replay(1, "ada")
    assert [part.number for part in _waiting(app)] == [1]


def test_what_never_was_there_cannot_be_replayed(app) -> None:
    with pytest.raises(NotFound, match="Q-7"):
        app.hearing.replay(7, "ada")
