"""Our own acts are done in the house: people are paged in one transaction, stored signals are read."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.lakekeeping import keeping_of
from tocsin.app.own_acts import OwnActs, own_callers, stored
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.fence import HoldLost, fenced
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.source import SourceProgress
from tocsin.oncall.messages import incident_key
from tocsin.oncall.people import ADMINISTRATORS
from tocsin.store.lake import SegmentLake


@pytest.fixture
def app(tmp_path: Path, memory_store) -> App:
    app = build_app(load_settings({}, home=tmp_path / "home"), clock=PushedClock(NOON), store=memory_store)
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    app.take.alerts(arrival, [AlertReport(source="prometheus", labels={"alertname": "Sign-ins"})])
    return app


def asked(app: App, operation: str, **more: object):
    with app.store.reading() as shelves:
        key = incident_key(shelves.incidents.by_number(1))
    told = {"incident_key": key, "who": ["oncall"], "text": "Now.", "key": "k", **more}
    return OwnActs(app).call(Call(service="tocsin.acts", operation=operation, parameters=told))


@pytest.mark.parametrize("how", ["page", "notify"])
def test_an_act_is_written_down_and_found_again(app: App, how: str) -> None:
    assert asked(app, "called", how=how) == {"called": False}
    assert asked(app, how) == {"people": [ADMINISTRATORS]}
    assert asked(app, "called", how=how) == {"called": True}


@pytest.mark.parametrize("how", ["page", "notify"])
def test_an_act_that_would_reach_nobody_fails_and_says_so(app: App, how: str) -> None:
    with pytest.raises(CallFailed, match="Nobody is behind nobody-here, neither") as failed:
        asked(app, how, who=["nobody-here", "neither"])
    assert failed.value.kind is FailureKind.REFUSED
    assert asked(app, "called", how=how) == {"called": False}


@pytest.mark.parametrize(
    "key", ["INC-1", "tocsin-", "tocsin-00000000-0000-0000-0000-000000000000"], ids=["name", "none", "other"]
)
def test_another_incident_is_refused(app: App, key: str) -> None:
    with pytest.raises(CallFailed, match="incident"):
        asked(app, "page", incident_key=key)


def test_a_hold_that_is_lost_calls_nobody(app: App) -> None:
    with fenced(lambda: False), pytest.raises(HoldLost):
        asked(app, "page")
    assert asked(app, "called", how="page") == {"called": False}


def test_signals_hot_and_sealed_are_read_with_their_times(app: App) -> None:
    lake = SegmentLake(app.settings.home / "lake")
    for minute in (-5, 5, 500):
        at = (NOON - timedelta(minutes=minute)).isoformat()
        lake.append("idp", [json.dumps({"time": at, "class": "authentication", "user": "eve"}).encode()])
    end = lake.append("idp", [b'{"user": "ben"}'])
    span = (NOON - timedelta(hours=1), NOON)
    assert [time for time, _ in stored(lake, *span)] == [NOON - timedelta(minutes=5)]
    call = Call(service="tocsin.signals", operation="top", parameters={"by": ["account"], "last": 3600})
    assert own_callers(app)["tocsin.signals"].call(call)["accounts"] == ["eve"]
    app.clock.push(timedelta(days=2))
    keeping = keeping_of(app)
    keeping.end_due()
    with app.store.transaction() as shelves:
        shelves.detector.advance(SourceProgress(source="idp"), SourceProgress(source="idp", position=end))
    assert keeping.seal()
    assert [time for time, _ in stored(lake, *span)] == [NOON - timedelta(minutes=5)]
    assert list(stored(lake, NOON - timedelta(days=9), NOON - timedelta(days=8))) == []
