"""The figures of a scrape lie in the database."""

from __future__ import annotations

from nouns import NOON
from tocsin.app.figures import figures
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock


def test_a_quiet_tocsin_has_figures_too(tmp_path, memory_store):
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)
    text = figures(app).decode()
    assert 'alertmanager_alerts{state="suppressed"} 0.0' in text
    assert 'alertmanager_silences{state="expired"} 0.0' in text
    assert "alertmanager_cluster_members 1.0" in text
    assert 'tocsin_jobs{state="dead"} 0.0' in text
