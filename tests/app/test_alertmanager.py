"""The file is put in force, exchanged while we work, and remembered over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.alertmanager import adopt, flush_of, is_as_upstream, notifying_of, reload
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.pack_file import PackProblem
from tocsin.store.memory import MemoryStore

FILE = "route: {receiver: team, group_wait: 30s}\nreceivers: [{name: team}]\n"
ALERTS = b'[{"labels": {"alertname": "Stolen", "severity": "critical", "incident_type": "security"}}]'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "alertmanager.yml"
    path.write_text(FILE)
    return path


def built(path: Path, store: MemoryStore, **environ: str) -> App:
    settings = load_settings({"TOCSIN_ALERTMANAGER_FILE": str(path), **environ}, home=path.parent / "home")
    return build_app(settings, clock=PushedClock(NOON), store=store)


def flushes(app: App):
    with app.store.reading() as shelves:
        return {group.group_id: group.flush_at for group in shelves.groups.all()}


def test_a_restart_with_the_same_file_keeps_the_timers(path, memory_store):
    app = built(path, memory_store)
    adopt(app)
    app.hearing.api_alerts(ALERTS, "application/json", source="prometheus", sender="test")
    before = flushes(app)
    adopt(built(path, memory_store))
    assert flushes(app) == before != {}


def test_a_restart_with_another_file_groups_anew(path, memory_store):
    app = built(path, memory_store)
    adopt(app)
    app.hearing.api_alerts(ALERTS, "application/json", source="prometheus", sender="test")
    path.write_text(FILE.replace("30s", "50s"))
    adopt(built(path, memory_store))
    (flush_at,) = flushes(app).values()
    assert (flush_at - NOON).total_seconds() == 50


def test_a_bad_file_changes_nothing(path, memory_store):
    app = built(path, memory_store)
    adopt(app)
    in_force = app.take.notify.routing.in_force
    path.write_text("route: {receiver: nobody}\n")
    with pytest.raises(PackProblem):
        reload(app)
    assert app.take.notify.routing.in_force is in_force
    path.write_text(FILE.replace("30s", "50s"))
    reload(app)
    assert app.take.notify.routing.in_force is not in_force


def test_a_guarded_alert_is_told_from_others_unless_all_is_as_upstream(path, memory_store):
    app = built(path, memory_store)
    app.hearing.api_alerts(ALERTS, "application/json", source="prometheus", sender="test")
    with app.store.reading() as shelves:
        (alert,) = shelves.alerts.unresolved(NOON)
    assert flush_of(app).is_guarded(alert)
    upstream = built(path, memory_store, TOCSIN_ALERTMANAGER_AS_UPSTREAM="true")
    assert is_as_upstream(upstream)
    assert not flush_of(upstream).is_guarded(alert)
    assert notifying_of(upstream).as_upstream
    assert not notifying_of(app).as_upstream
