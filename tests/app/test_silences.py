"""Tests of silences that clients of Alertmanager's API make."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.silences import end_silence, kept_silences, put_silence
from tocsin.app.wiring import App, build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.matchers import matcher
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.store.memory import MemoryStore
from tocsin.triage.silence_rules import SilenceRefused, Wish

WISH = Wish(
    matchers=(matcher("alertname", "=", "Stolen"),),
    starts_at=NOON,
    ends_at=NOON + timedelta(days=90),
    owner="token:amtool",
    comment="A test.",
    created_by="ada",
)
STOLEN = b'[{"labels": {"alertname": "Stolen", "severity": "critical", "incident_type": "security"}}]'


@pytest.fixture
def environ() -> dict[str, str]:
    return {}


@pytest.fixture
def app(tmp_path: Path, memory_store: MemoryStore, environ: dict[str, str]) -> App:
    settings = load_settings(environ, home=tmp_path / "home")
    built = build_app(settings, clock=PushedClock(NOON), store=memory_store)
    built.hearing.api_alerts(STOLEN, "application/json", source="prometheus", sender="test")
    return built


def test_alerts_are_looked_at_again_when_a_client_ends_its_silence(app: App) -> None:
    made = put_silence(app, WISH, None)
    end_silence(app, made.silence_id, "token:amtool")
    assert kept_silences(app)[0].ends_at == NOON
    with app.store.reading() as shelves:
        assert shelves.jobs.next_due((LOOK_AGAIN,))[LOOK_AGAIN] == NOON


def test_one_that_fits_guarded_alerts_waits_for_a_second_person(app: App) -> None:
    assert put_silence(app, WISH, None).needs_second


@pytest.mark.parametrize("environ", [{"TOCSIN_ALERTMANAGER_AS_UPSTREAM": "true"}])
def test_as_upstream_nobody_is_waited_for(app: App) -> None:
    assert not put_silence(app, replace(WISH, comment=""), None).needs_second


def test_a_reason_is_asked_of_every_client(app: App) -> None:
    with pytest.raises(SilenceRefused):
        put_silence(app, replace(WISH, comment=" "), None)
    assert kept_silences(app) == ()
