"""Alerts are put into their groups."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notification_rig import ONE, TWO, Rig
from nouns import later
from tocsin.domain.alert import Alert
from tocsin.intake.fingerprint import fingerprint

BRANCHED = """
route:
  receiver: team
  group_wait: 10s
  group_interval: 60s
  routes:
    - {receiver: pager, matchers: ["severity=critical"], group_by: [alertname], continue: true}
    - {receiver: team, group_by: [alertname]}
receivers:
  - {name: team, webhook_configs: [{url: "http://a.example/"}]}
  - {name: pager, webhook_configs: [{url: "http://b.example/"}]}
"""


@pytest.fixture
def rig(any_store):
    return Rig(any_store)


def test_without_a_file_nobody_is_told(rig):
    rig.hear(alertname="A")
    rig.push(600)
    assert rig.groups() == []
    assert rig.jobs() == ()


def test_an_alert_joins_a_group_of_each_route_and_its_story_says_so_once(rig):
    rig.configure(BRANCHED)
    alert = rig.hear(alertname="A", severity="critical")
    rig.hear(alertname="A", severity="critical")
    assert sorted(rig.groups()) == ['{}/{severity="critical"}:{alertname="A"}', '{}/{}:{alertname="A"}']
    lines = [text for kind, text in rig.story(alert) if kind == "alert.grouped"]
    assert len(lines) == 2
    assert "Route 0/0" in lines[0] + lines[1]
    assert "'pager'" in lines[0] + lines[1]


def test_an_alert_that_waited_long_enough_hastens_a_group_that_was_not_flushed(rig):
    rig.configure(ONE)
    rig.hear(alertname="A", instance="1")
    rig.hear(alertname="A", instance="2", started=60)
    rig.push(1)
    assert rig.told() == [(0.0, "webhook/0", ["1", "2"], [])]


def test_an_alert_that_is_over_when_first_heard_makes_no_group(rig):
    rig.configure(ONE)
    rig.hear(seconds=-1, started=5, alertname="A")
    assert rig.groups() == []


def test_a_batch_costs_few_statements(sqlite_store):
    rig = Rig(sqlite_store).configure(ONE)
    with sqlite_store.transaction() as shelves:
        alerts = shelves.alerts.add_all(
            [_alert(rig, alertname=f"A{number}", instance="x") for number in range(64)]
        )
        with CaptureQueriesContext(connection) as queries:
            rig.notify.heard(shelves, alerts, rig.clock.now())
    assert len(queries) <= 10
    assert len(rig.groups()) == 64


def test_a_reload_starts_timers_anew_and_tells_nobody_twice(rig):
    rig.configure(ONE)
    rig.hear(alertname="A", instance="1")
    rig.push(20)
    rig.configure(ONE)
    rig.push(1)
    rig.hear(alertname="A", instance="2")
    rig.push(120)
    assert rig.told() == [(10.0, "webhook/0", ["1"], []), (80.0, "webhook/0", ["1", "2"], [])]


def test_an_end_that_nobody_was_told_of_is_told_after_a_reload(rig):
    rig.configure(ONE)
    rig.hear(alertname="A")
    rig.push(20)
    rig.hear(seconds=-1, alertname="A")
    rig.configure(TWO)
    rig.push(1)
    assert rig.told()[1:] == [(20.0, "webhook/0", [], ["A"])]


def test_a_file_that_is_taken_away_ends_all_groups(rig):
    rig.configure(ONE)
    rig.hear(alertname="A")
    rig.routing.exchange(None)
    with rig.store.transaction() as shelves:
        assert rig.notify.adopt(shelves, rig.clock.now())
        assert not rig.notify.adopt(shelves, rig.clock.now())
    rig.push(60)
    assert (rig.groups(), rig.told()) == ([], [])


def test_the_resolve_timeout_is_the_files(rig):
    assert rig.notify.resolve_timeout == timedelta(minutes=5)
    rig.configure("global: {resolve_timeout: 10s}" + ONE)
    assert rig.notify.resolve_timeout == timedelta(seconds=10)


def test_what_was_told_long_ago_is_forgotten_at_a_reload(rig):
    rig.configure(ONE)
    alert = rig.hear(seconds=7, alertname="A")
    rig.push(1)
    rig.clock.push(timedelta(hours=3))
    rig.configure(ONE)
    with rig.store.reading() as shelves:
        assert shelves.alerts.get(alert.number).ends_at == later(7)


def _alert(rig, **labels):
    now = rig.clock.now()
    return Alert(
        fingerprint=fingerprint(labels),
        source="prometheus",
        labels=labels,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        updated_at=now,
    )
