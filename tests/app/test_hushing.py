"""Tests of silences as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nouns import NOON
from tocsin.app.hushing import Asked, ask, hush_of, id_of, matchers_of, record_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.flow.mute import LOOK_AGAIN
from tocsin.store.memory import MemoryStore
from tocsin.triage.silence_rules import SilenceRefused

HOUR = timedelta(hours=1)
ASKED = Asked(matchers=("alertname = DiskFull", " "), reason="The disk is replaced.", lasts="2h")


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path: Path, clock: PushedClock, memory_store: MemoryStore) -> App:
    return build_app(load_settings({}, home=tmp_path / "home"), clock=clock, store=memory_store)


@pytest.mark.parametrize(
    ("changes", "ends_after"),
    [
        ({}, 2 * HOUR),
        ({"lasts": "", "ends_at": "2026-03-01T14:00:00+01:00"}, HOUR),
        ({"lasts": "", "rule": "FREQ=DAILY", "each": "1h"}, timedelta(days=365)),
        ({"starts_at": "2026-03-01T13:00:00Z"}, 3 * HOUR),
    ],
)
def test_a_silence_is_read_as_it_was_written(
    app: App, changes: Mapping[str, Any], ends_after: timedelta
) -> None:
    made = ask(app, replace(ASKED, **changes), "ada")
    assert (made.ends_at - NOON, made.owner, made.comment) == (ends_after, "ada", "The disk is replaced.")
    assert [matcher.text for matcher in made.matchers] == ['alertname="DiskFull"']


def test_until_resolved_ends_as_late_as_it_may(app: App) -> None:
    body = b'[{"labels": {"alertname": "DiskFull", "severity": "critical"}}]'
    app.hearing.api_alerts(body, "application/json", source="prometheus", sender="test")
    made = ask(app, replace(ASKED, lasts="", until_resolved=True), "ada")
    assert made.ends_at == NOON + 4 * HOUR


@pytest.mark.parametrize(
    "changes",
    [
        {"lasts": ""},
        {"lasts": "two hours"},
        {"lasts": "9" * 400 + "w"},
        {"ends_at": "2026-03-01T14:00:00Z"},
        {"lasts": "", "ends_at": "tomorrow"},
        {"lasts": "", "ends_at": "2026-03-01T14:00:00"},
        {"lasts": "", "ends_at": "0001-01-01T00:00:00+14:00"},
        {"matchers": ("alertname",)},
        {"matchers": ('alertname =~ "("',)},
        {"matchers": ()},
        {"rule": "FREQ=SECONDLY", "each": "1h"},
        {"rule": "FREQ=DAILY"},
        {"rule": "FREQ=DAILY", "each": "1h", "zone": "Moon/Base"},
        {"reason": " "},
        {"reason": "a\0b"},
    ],
)
def test_what_cannot_be_read_is_refused_and_says_what_to_write(app: App, changes: Mapping[str, Any]) -> None:
    with pytest.raises(SilenceRefused) as refused:
        ask(app, replace(ASKED, **changes), "ada")
    assert "silence:1:1" not in refused.value.explain()
    assert hush_of(app).listed() == ()


def test_an_id_that_is_none_names_nothing() -> None:
    with pytest.raises(NotFound):
        id_of("../etc")
    assert str(id_of("6f2c1a52-0000-4000-8000-000000000001")).startswith("6f2c")


def test_a_record_says_when_the_silence_changes(app: App, clock: PushedClock) -> None:
    made = ask(app, replace(ASKED, lasts="", rule="FREQ=DAILY", each="1h"), "ada")
    record = record_of(made, NOON)
    assert (record["state"], record["changes_at"]) == ("active", "2026-03-01T13:00:00Z")
    assert record["recurrence"] == {"rule": "FREQ=DAILY", "zone": "UTC", "each_s": 3600}
    ended = record_of(hush_of(app).expire(made.silence_id, "ada"), NOON)
    assert (ended["state"], ended["changes_at"]) == ("expired", None)


def test_what_a_silence_lets_go_is_looked_at_again(app: App) -> None:
    made = ask(app, ASKED, "ada")
    hush_of(app).expire(made.silence_id, "ada")
    with app.store.reading() as shelves:
        assert shelves.jobs.next_due((LOOK_AGAIN,))[LOOK_AGAIN] == NOON


def test_matchers_are_read() -> None:
    assert [each.operator for each in matchers_of(("a=1", 'b !~ "x.*"'))] == ["=", "!~"]
