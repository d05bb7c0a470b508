from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from tocsin.audit.leaf import decode
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.rule_files import load
from tocsin.detection.promql.vector import Point
from tocsin.domain.errors import Overloaded
from tocsin.domain.sample import Sample
from tocsin.store.samples import DiskSamples
from tocsin.worker.evaluating import REST_S, Evaluating

RULES = """
groups:
  - name: probes
    rules:
      - record: probe:failed
        expr: probe_success == 0
      - alert: Down
        expr: probe:failed == 0
        for: 2m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.job }} is down"}
"""
DOWN = (("__name__", "probe_success"), ("job", "web"))


@pytest.fixture
def samples(app, tmp_path):
    return DiskSamples(tmp_path / "samples", app.clock)


@pytest.fixture
def evaluating(app, samples):
    return Evaluating(app.store, samples, load([("probes.yml", RULES)]).groups, app.take, app.clock)


def _minute(app, evaluating, value: float | None = 0.0) -> None:
    """Let a minute pass, in which a probe may report, and evaluate."""
    app.clock.push(timedelta(minutes=1))
    if value is not None:
        now_ms = round(app.clock.now().timestamp() * 1000)
        evaluating.samples.append([Sample(DOWN, now_ms, value)])
    evaluating.round()


def _alerts(app):
    with app.store.reading() as shelves:
        return shelves.alerts.recent()


def test_an_alert_fires_after_its_time_calls_and_resolves(app, evaluating) -> None:
    for _ in range(2):
        _minute(app, evaluating)
    assert _alerts(app) == ()
    _minute(app, evaluating)
    (alert,) = _alerts(app)
    assert (alert.title, alert.source, alert.labels["severity"]) == ("web is down", "rules", "critical")
    assert alert.incident_id is not None
    fired_at = alert.starts_at
    for _ in range(3):
        _minute(app, evaluating)
    (alert,) = _alerts(app)
    assert not alert.is_resolved(app.clock.now())
    _minute(app, evaluating, 1.0)
    (alert,) = _alerts(app)
    assert alert.is_resolved(app.clock.now())
    assert alert.starts_at == fired_at


def test_a_group_is_evaluated_once_an_interval(app, evaluating) -> None:
    assert 0 < evaluating.round() <= REST_S
    kept = evaluating.samples.remembered("probes.yml;probes")
    app.clock.push(timedelta(seconds=1))
    evaluating.round()
    assert evaluating.samples.remembered("probes.yml;probes") == kept


def test_a_restart_goes_on_where_it_stopped(app, evaluating, samples) -> None:
    for _ in range(2):
        _minute(app, evaluating)
    again = Evaluating(app.store, samples, evaluating.groups, app.take, app.clock)
    _minute(app, again)
    assert len(_alerts(app)) == 1


def test_a_gap_in_evaluation_is_written_down(app, evaluating) -> None:
    _minute(app, evaluating)
    app.clock.push(timedelta(minutes=10))
    _minute(app, evaluating, None)
    with app.store.transaction() as shelves:
        shelves.log.sequence()
    with app.store.reading() as shelves:
        entries = [decode(leaf.content) for leaf in shelves.log.leaves(0, shelves.log.size())]
    (gap,) = [entry for entry in entries if entry.kind == "rules.not_evaluated"]
    assert gap.facts["group"] == "probes"


def test_a_server_may_answer_for_us(app, evaluating) -> None:
    asked = []

    def ask(expr: str, at_ms: int):
        asked.append(expr)
        return [Point((("job", "far"),), 0.0)]

    evaluating.ask = ask
    for _ in range(3):
        _minute(app, evaluating, None)
    assert asked[:2] == ["probe_success == 0", "probe:failed == 0"]
    assert [alert.labels["job"] for alert in _alerts(app)] == ["far"]


def test_a_server_that_fails_changes_no_alert_and_is_told(app, evaluating, caplog) -> None:
    for _ in range(3):
        _minute(app, evaluating)

    def ask(expr: str, at_ms: int):
        raise EvaluationFailed("The Prometheus server could not be asked.")

    evaluating.ask = ask
    with caplog.at_level(logging.WARNING):
        _minute(app, evaluating)
    assert "could not be asked" in caplog.text
    assert [alert.is_resolved(app.clock.now()) for alert in _alerts(app)] == [False]


def test_unreadable_memory_is_told_and_starts_anew(app, evaluating, caplog) -> None:
    evaluating.samples.remember("probes.yml;probes", b"no")
    with caplog.at_level(logging.ERROR):
        _minute(app, evaluating)
    assert "cannot be read" in caplog.text
    assert evaluating.samples.remembered("probes.yml;probes").startswith(b"[1,")


def test_without_rules_nothing_is_done(app, samples) -> None:
    assert Evaluating(app.store, samples, (), app.take, app.clock).round() == REST_S


def test_another_process_that_evaluates_is_left_alone(app, evaluating) -> None:
    with evaluating.samples.evaluating():
        assert evaluating.round() == REST_S
    assert evaluating.samples.remembered("probes.yml;probes") == b""


def test_a_full_disk_ends_the_round_and_another_fault_only_the_group(
    app, evaluating, monkeypatch, caplog
) -> None:
    def full(_samples):
        raise Overloaded("The disk is full.", means="m", next_step="n")

    def broken(_samples):
        raise EvaluationFailed("It broke.")

    monkeypatch.setattr(evaluating.samples, "append", full)
    with pytest.raises(Overloaded):
        evaluating.round()
    monkeypatch.setattr(evaluating.samples, "append", broken)
    with caplog.at_level(logging.ERROR):
        evaluating.round()
    assert "It broke." in caplog.text


def test_a_firing_alert_is_reported_again_once_a_minute(app, samples, monkeypatch) -> None:
    fast = RULES.replace("name: probes", "name: probes\n    interval: 15s").replace("for: 2m", "for: 0s")
    evaluating = Evaluating(app.store, samples, load([("fast.yml", fast)]).groups, app.take, app.clock)
    told = []
    monkeypatch.setattr(type(app.take), "own", lambda self, shelves, reports: told.append(len(reports)))
    for _ in range(9):
        app.clock.push(timedelta(seconds=15))
        samples.append([Sample(DOWN, round(app.clock.now().timestamp() * 1000), 0.0)])
        evaluating.round()
    assert 2 <= len(told) <= 4
