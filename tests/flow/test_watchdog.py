"""Prometheus' Watchdog and our own heartbeats must arrive; people are called when they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tocsin.domain.errors import NotFound
from tocsin.domain.matchers import matcher
from tocsin.domain.severity import Severity
from tocsin.flow.watchdog import Watchdog
from tocsin.intake.watchdog import Heartbeat

MINUTE = timedelta(minutes=1)


@pytest.fixture
def watchdog(story) -> Watchdog:
    told = (
        Heartbeat(name="prometheus", every=3 * MINUTE, matchers=(matcher("alertname", "=", "Watchdog"),)),
        Heartbeat(name="backup", every=60 * MINUTE, severity=Severity.P3),
    )
    made = Watchdog(story.store, story.clock, story.take, told)
    made.look()
    return made


@pytest.fixture
def always(report):
    """Return the alert that always fires, as Prometheus sends it: without notice to anybody."""
    return lambda: report(seconds=None, alertname="Watchdog", service="prometheus", severity="none")


def live(story, watchdog: Watchdog, minutes: int, always=None) -> tuple[str, ...]:
    missed: tuple[str, ...] = ()
    for _ in range(minutes):
        if always is not None:
            story.hear(always())
        missed = watchdog.look()
        story.push(60)
    return missed


def test_while_the_watchdog_arrives_nobody_is_called(story, watchdog, always) -> None:
    assert live(story, watchdog, 30, always) == ()
    assert [each for each in story.incidents() if "sign of life" in each.title] == []


def test_a_missing_watchdog_calls_people_and_ends_when_it_is_back(story, watchdog, always) -> None:
    live(story, watchdog, 10, always)
    assert live(story, watchdog, 6) == ("prometheus",)
    (incident,) = [each for each in story.incidents() if "sign of life" in each.title]
    assert incident.severity is Severity.P1
    assert story.pages(incident.number)
    assert live(story, watchdog, 2, always) == ()
    with story.store.reading() as shelves:
        firing = {each.labels["alertname"] for each in shelves.alerts.unresolved(story.clock.now())}
    assert firing == {"Watchdog"}


def test_a_heartbeat_that_is_called_for_is_noted_and_its_end_is_missed(story, watchdog) -> None:
    for _ in range(3):
        watchdog.beat("backup")
        live(story, watchdog, 59)
    with story.store.reading() as shelves:
        firing = {each.labels.get("heartbeat") for each in shelves.alerts.unresolved(story.clock.now())}
    assert firing == {"prometheus"}
    assert live(story, watchdog, 3) == ("prometheus", "backup")


def test_a_heartbeat_that_nobody_expects_is_refused(watchdog) -> None:
    for name in ("nightly", "prometheus"):
        with pytest.raises(NotFound, match="is expected"):
            watchdog.beat(name)


def test_without_any_expectation_nothing_is_looked_at(story, watchdog) -> None:
    assert replace(watchdog, heartbeats=()).look() == ()
