from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from nouns import NOON
from tocsin.app.wiring import App
from tocsin.audit.leaf import decode
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.engine import compile_plan
from tocsin.detection.rules import load
from tocsin.domain.errors import Overloaded
from tocsin.domain.severity import Severity
from tocsin.domain.source import SourceProgress
from tocsin.worker import judging as judging_module
from tocsin.worker.judging import REST_S, Judging

RULE = """
title: Root was used
id: 2d6f0d5c-0000-4000-8000-000000000001
logsource: {category: authentication}
detection: {selection: {user: root}, condition: selection}
level: high
"""


@pytest.fixture
def judging(app: App) -> Judging:
    plan = compile_plan(load([("root.yml", RULE)]), levels={"high": Severity.P2})
    return Judging(app.store, app.lake, plan, app.take, app.clock, signal_of)


def _lines(count: int, user: str = "root") -> list[bytes]:
    return [
        orjson.dumps(
            {"class": "authentication", "user": user, "n": n, "time": f"2026-03-01T11:59:{n % 60:02}Z"}
        )
        for n in range(count)
    ]


def _to_rest(judging: Judging) -> None:
    while judging.round() == 0.0:
        pass


def _alerts(app: App):
    with app.store.reading() as shelves:
        return shelves.alerts.recent()


def test_new_signals_are_judged_once_and_one_burst_is_one_alert(app, judging) -> None:
    app.lake.append("idp", _lines(30) + _lines(5, user="ben"))
    assert judging.round() == 0.0
    assert judging.round() == REST_S
    (alert,) = _alerts(app)
    assert (alert.title, alert.count, alert.incident_id is None) == ("Root was used", 30, False)


def test_a_burst_that_goes_on_grows_its_alert(app, judging) -> None:
    app.lake.append("idp", _lines(3))
    judging.round()
    app.lake.append("idp", _lines(4))
    judging.round()
    assert [alert.count for alert in _alerts(app)] == [7]


def test_a_source_is_read_in_batches_to_its_end(app, judging, monkeypatch) -> None:
    monkeypatch.setattr(judging_module, "SIGNALS_AT_ONCE", 4)
    app.lake.append("idp", _lines(10))
    while judging.round() == 0.0:
        pass
    assert [alert.count for alert in _alerts(app)] == [10]


def test_what_another_process_judged_meanwhile_is_not_judged_twice(app, judging) -> None:
    app.lake.append("idp", _lines(3))
    other = Judging(app.store, app.lake, judging.plan, app.take, app.clock, signal_of)

    class Slow:
        """A plan that is still thinking while the other process commits."""

        sift = judging.plan.sift

        def weigh(self, state, hits, *, heard):
            judged = judging.plan.weigh(state, hits, heard=heard)
            other.round()
            return judged

    Judging(app.store, app.lake, Slow(), app.take, app.clock, signal_of).round()
    assert [alert.count for alert in _alerts(app)] == [3]


def test_state_position_and_alerts_are_kept_together_or_not_at_all(app, judging, monkeypatch) -> None:
    app.lake.append("idp", _lines(3))

    def broken(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(type(app.take), "detected", broken)
        with pytest.raises(RuntimeError):
            judging.round()
    with app.store.reading() as shelves:
        assert (shelves.detector.progress(), shelves.detector.versions()) == ({}, {})
    judging.round()
    assert [alert.count for alert in _alerts(app)] == [3]


def test_unreadable_window_state_is_said_in_the_log_and_judging_goes_on(app, judging, caplog) -> None:
    with app.store.transaction() as shelves:
        shelves.detector.save_shards({0: b"\xff rubbish"}, {})
    app.lake.append("idp", _lines(3))
    judging.round()
    app.lake.append("idp", _lines(2))
    judging.round()
    assert [alert.count for alert in _alerts(app)] == [5]
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        entries = [decode(leaf.content) for leaf in shelves.log.leaves(0, 99)]
    assert [entry.kind for entry in entries].count("detection.windows_lost") == 1
    assert "window state cannot be read" in caplog.text


def test_a_source_that_lost_its_signals_stops_no_other(app, judging, caplog) -> None:
    with app.store.transaction() as shelves:
        broken = SourceProgress(source="broken")
        shelves.detector.advance(broken, replace(broken, position=999))
    app.lake.append("broken", _lines(1))
    app.lake.append("idp", _lines(3))
    judging.round()
    assert [alert.count for alert in _alerts(app)] == [3]
    assert "broken" in caplog.text


def test_our_own_overload_is_not_taken_for_a_damaged_source(app, judging, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")

    app.lake.append("idp", _lines(1))
    monkeypatch.setattr(type(app.take), "detected", full)
    with pytest.raises(Overloaded):
        judging.round()


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", -1e300, {}, ""])
def test_no_event_time_however_odd_stops_judging(app, judging, time) -> None:
    app.lake.append("idp", [orjson.dumps({"class": "authentication", "user": "root", "time": time})])
    judging.round()
    assert judging.round() == REST_S
    assert [alert.count for alert in _alerts(app)] == [1]


def test_a_line_that_the_disk_damaged_stops_no_other(app, judging) -> None:
    one, two, three = _lines(3)
    app.lake.append("idp", [one, two[:-9] + b"#########", three])
    judging.round()
    assert judging.round() == REST_S
    assert [alert.count for alert in _alerts(app)] == [2]


NEVER_HEALTHY = """
title: Deployment started
name: started
logsource: {category: deployment}
detection: {selection: {action: started}, condition: selection}
---
title: Deployment healthy
name: healthy
logsource: {category: deployment}
detection: {selection: {action: healthy}, condition: selection}
---
title: Deployment never became healthy
correlation:
  type: temporal
  rules: [started, healthy]
  group-by: [service]
  timespan: 10m
  condition: started and not healthy
level: high
"""


def test_what_never_comes_is_decided_by_the_clock_although_nothing_more_is_heard(app, clock) -> None:
    plan = compile_plan(load([("deploy.yml", NEVER_HEALTHY)]), levels={"high": Severity.P2})
    judging = Judging(app.store, app.lake, plan, app.take, app.clock, signal_of)
    started = {"class": "deployment", "action": "started", "service": "api", "time": NOON.isoformat()}
    app.lake.append("deployer", [orjson.dumps(started)])
    judging.round()
    clock.push(timedelta(minutes=19))
    _to_rest(judging)
    assert _alerts(app) == ()
    clock.push(timedelta(minutes=3))
    _to_rest(judging)
    assert [alert.title for alert in _alerts(app)] == ["Deployment never became healthy (service api)"]


COUNTED = """
title: Failed login
name: failed
logsource: {category: authentication}
detection: {selection: {outcome: failure}, condition: selection}
---
title: Many failed logins
correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 10m, condition: {gte: 4}}
level: high
"""


def test_two_workers_share_the_windows_of_one_rule(app) -> None:
    plan = compile_plan(load([("count.yml", COUNTED)]), levels={"high": Severity.P2})
    one, two = (Judging(app.store, app.lake, plan, app.take, app.clock, signal_of) for _ in range(2))
    failed = [
        orjson.dumps(
            {"class": "authentication", "outcome": "failure", "user": user, "time": NOON.isoformat()}
        )
        for user in ("ada", "ben")
    ]
    for worker, source in ((one, "a"), (two, "b"), (two, "c"), (one, "d")):
        app.lake.append(source, failed)
        worker.round()
    assert sorted((alert.title, alert.count) for alert in _alerts(app)) == [
        ("Many failed logins (user ada)", 4),
        ("Many failed logins (user ben)", 4),
    ]


def test_a_source_that_speaks_seldom_is_waited_for_as_its_habits_say(app, clock) -> None:
    plan = compile_plan(load([("deploy.yml", NEVER_HEALTHY)]), levels={"high": Severity.P2})
    habits = {"deployer": timedelta(hours=2)}
    judging = Judging(app.store, app.lake, plan, app.take, app.clock, signal_of, lambda: habits)
    started = {"class": "deployment", "action": "started", "service": "api", "time": NOON.isoformat()}
    app.lake.append("deployer", [orjson.dumps(started)])
    _to_rest(judging)
    clock.push(timedelta(hours=2))
    _to_rest(judging)
    assert _alerts(app) == ()
    clock.push(timedelta(minutes=12))
    _to_rest(judging)
    assert len(_alerts(app)) == 1


def test_evidence_that_a_long_window_let_go_of_is_read_again(app, judging, caplog) -> None:
    one, two = _lines(2)
    app.lake.append("idp", [one, two])

    class Windowed:
        """A plan whose windows let go of a record, and remember one that is no longer there."""

        sift = judging.plan.sift

        def weigh(self, state, hits, *, heard):
            judged = judging.plan.weigh(state, hits, heard=heard)
            (alert,) = judged.alerts or (None,)
            if alert is None:
                return judged
            first, second = (replace(ref, raw=b"") for ref in alert.evidence)
            gone = replace(second, position=999)
            return replace(judged, alerts=(replace(alert, evidence=(first, second, gone)),))

    _to_rest(Judging(app.store, app.lake, Windowed(), app.take, app.clock, signal_of))
    (alert,) = _alerts(app)
    assert alert.evidence == (one.decode(), two.decode(), "")
    assert "evidence is gone" in caplog.text
