from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from tocsin.domain.errors import Overloaded
from tocsin.domain.sample import Sample
from tocsin.domain.source import SourceProgress
from tocsin.intake.heartbeat import State
from tocsin.store.lake import SignalsMissing
from tocsin.worker.heartbeats import REST_S, Heartbeats


@pytest.fixture
def heartbeats(app) -> Heartbeats:
    return Heartbeats(app.store, app.lake, app.clock, app.listen, app.tally.drain)


def _speak(app, source: str) -> None:
    app.lake.append(source, [orjson.dumps({"user": "ben"})])


def _judge(app, source: str) -> None:
    """Move the source on as judging does."""
    with app.store.transaction() as shelves:
        was = shelves.detector.progress().get(source, SourceProgress(source=source))
        _, end = app.lake.read(source, was.position, 1000)
        now = SourceProgress(source=source, position=end, heard_at=app.clock.now())
        assert shelves.detector.advance(was, now)


def _seen(app) -> dict[str, State]:
    return {each.source: each.state for each in app.listen.seen()}


def test_sources_and_jobs_that_fall_silent_raise_alerts_and_recover(app, heartbeats) -> None:
    for _ in range(9):
        _speak(app, "idp")
        _judge(app, "idp")
        app.tally.note([Sample((("__name__", "up"), ("job", "shop")), 0, 1.0)], app.clock.now())
        assert heartbeats.round() == REST_S
        app.clock.push(timedelta(minutes=1))
    assert _seen(app) == {"idp": State.SPEAKING, "samples/shop": State.SPEAKING}
    for _ in range(9):
        heartbeats.round()
        app.clock.push(timedelta(minutes=1))
    assert set(_seen(app).values()) == {State.SILENT}
    with app.store.reading() as shelves:
        (incident,) = shelves.incidents.listed()
        assert len(shelves.alerts.of_incident(incident.incident_id)) == 2
    _speak(app, "idp")
    heartbeats.round()
    assert _seen(app)["idp"] is State.SPEAKING


def test_signals_that_wait_to_be_judged_are_no_silence(app, heartbeats) -> None:
    _speak(app, "idp")
    for _ in range(30):
        heartbeats.round()
        app.clock.push(timedelta(minutes=1))
    assert _seen(app) == {"idp": State.SPEAKING}


def test_a_source_whose_signals_were_lost_stops_no_look_but_our_overload_does(
    app, heartbeats, monkeypatch
) -> None:
    _speak(app, "idp")

    def lost(*_: object) -> None:
        raise SignalsMissing("Gone.", means="Lost.", next_step="Restore.")

    def full(*_: object) -> None:
        raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")

    monkeypatch.setattr(type(app.lake), "read", lost)
    assert heartbeats.round() == REST_S
    monkeypatch.setattr(type(app.lake), "read", full)
    with pytest.raises(Overloaded):
        heartbeats.round()
