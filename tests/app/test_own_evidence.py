from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app import own_evidence
from tocsin.app.lakekeeping import keeping_of
from tocsin.app.own_evidence import OwnCaller, Streamed
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.export import read_export
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.source import SourceProgress
from tocsin.store.lake import SegmentLake


@pytest.fixture
def app(tmp_path: Path, memory_store) -> App:
    app = build_app(load_settings({}, home=tmp_path / "home"), clock=PushedClock(NOON), store=memory_store)
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    labels = {"alertname": "Sign-ins", "src_ip": "203.0.113.7", "zone": "a"}
    app.take.alerts(arrival, [AlertReport(source="prometheus", labels=labels)])
    return app


def read(app: App, operation: str, **parameters: object) -> list[bytes]:
    call = Call(service="tocsin", operation=operation, parameters={"incident": "INC-1", **parameters})
    with OwnCaller(app).call(call) as stream:
        return stream.read().splitlines()


def test_the_snapshot_holds_the_verdict_and_what_the_log_says_of_the_incident(app: App) -> None:
    told = json.loads(b"".join(read(app, "log.snapshot")))
    assert (told["sound"], told["verified"], told["incident"]) == (True, "the whole log", "INC-1")
    assert "incident.opened" in [entry["kind"] for entry in told["entries"]]
    assert all(entry["id"] and entry["actor"] for entry in told["entries"])


def test_a_long_log_is_not_verified_anew_for_each_incident(app: App, monkeypatch) -> None:
    monkeypatch.setattr(own_evidence, "WHOLE_LOG_UP_TO", -1)
    told = json.loads(b"".join(read(app, "log.snapshot")))
    assert (told["sound"], told["verdict"]) == (None, None)
    assert told["verified"].startswith("not here")


def test_the_whole_log_is_exported_as_a_file_that_opens(app: App, tmp_path: Path) -> None:
    lines = read(app, "log.export")
    opened = read_export(line + b"\n" for line in lines)
    assert list(opened.records) is not None


def test_signals_are_kept_that_name_an_entity_of_the_incident_around_its_time(app: App) -> None:
    lake = SegmentLake(app.settings.home / "lake")

    def signal(minutes: int, ip: str) -> bytes:
        at = (NOON + timedelta(minutes=minutes)).isoformat()
        return json.dumps({"time": at, "src_ip": ip}).encode()

    ours, other = "203.0.113.7", "198.51.100.9"
    lines = [signal(-30, ours), signal(-30, other), signal(-300, ours), b'{"no_time":"203.0.113.7"}']
    lake.append("vpn", lines)
    head, *found = read(app, "lake.signals")
    assert found == [lines[0], lines[3]]
    assert json.loads(head)["exported"]["entities"] == ["203.0.113.7"]
    _, *asked = read(app, "lake.signals", entities=(other,))
    assert asked == [lines[1]]


def test_sealed_signals_are_looked_through_too(app: App) -> None:
    lake = SegmentLake(app.settings.home / "lake")
    line = json.dumps({"time": NOON.isoformat(), "src_ip": "203.0.113.7"}).encode()
    far = json.dumps({"time": (NOON - timedelta(days=3)).isoformat(), "src_ip": "203.0.113.7"}).encode()
    end = lake.append("vpn", [far, line])
    app.clock.push(timedelta(days=2))
    keeping = keeping_of(app)
    keeping.end_due()
    with app.store.transaction() as shelves:
        shelves.detector.advance(SourceProgress(source="vpn"), SourceProgress(source="vpn", position=end))
    assert keeping.seal()
    assert read(app, "lake.signals")[1:] == [line]


@pytest.mark.parametrize(
    ("operation", "incident", "why"),
    [("log.tail", "INC-1", "keeps no 'log.tail'"), ("lake.signals", "INC-9", "no incident 'INC-9'")],
)
def test_what_is_not_kept_is_refused(app: App, operation: str, incident: str, why: str) -> None:
    with pytest.raises(CallFailed, match=why):
        read(app, operation, incident=incident)


def test_a_stream_is_read_in_pieces_and_lets_go_once() -> None:
    done = []
    stream = Streamed(iter([b"", b"abc", b"de"]), lambda: done.append(1))
    assert [stream.read(2), stream.read(2), stream.read(9), stream.read(9)] == [b"ab", b"c", b"de", b""]
    stream.close()
    stream.close()
    assert done == [1]


def test_a_stream_that_is_closed_early_ends_its_source() -> None:
    ended = []

    def pieces():
        try:
            yield b"a"
            yield b"b"
        finally:
            ended.append(1)

    stream = Streamed(pieces(), lambda: None)
    assert stream.read(1) == b"a"
    stream.close()
    assert ended == [1]
