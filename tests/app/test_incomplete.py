"""A group that a webhook cuts is marked, names what is unknown, and is asked for at its Alertmanager."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from http_partner import HttpPartner, http_partner
from nouns import NOON
from tocsin.app.incomplete import ALERTNAME, ASK, groups_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.job import JobState
from tocsin.domain.ports.delivery import DeliveryFailed
from tocsin.worker.asking import Asking

SOURCE = "alertmanager:prod"


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path, memory_store, clock) -> App:
    settings = load_settings({"TOCSIN_ALERTMANAGER_URLS": "prod=http://127.0.0.1:1/am/"}, home=tmp_path)
    return build_app(settings, clock=clock, store=memory_store)


def _alert(node: str, status: str = "firing") -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": "Spike", "node": node, "severity": "critical"},
        "startsAt": "2026-03-01T11:59:00Z",
    }
    return alert | ({"endsAt": "2026-03-01T12:00:00Z"} if status == "resolved" else {})


def _post(app: App, *nodes: str, truncated: int = 0) -> None:
    body = {
        "version": "4",
        "alerts": [_alert(node) for node in nodes],
        "truncatedAlerts": truncated,
        "groupKey": '{}:{alertname="Spike"}',
        "groupLabels": {"alertname": "Spike"},
    }
    app.hearing.webhook(orjson.dumps(body), source=SOURCE, sender="t")


def _open(app: App) -> dict[str, Any]:
    with app.store.reading() as shelves:
        alerts = shelves.alerts.unresolved(app.clock.now())
    return {alert.labels.get("node") or alert.labels["alertname"]: alert for alert in alerts}


def test_a_cut_group_is_marked_and_names_what_is_unknown(app) -> None:
    _post(app, "a", "b", "c")
    assert set(_open(app)) == {"a", "b", "c"}
    _post(app, "a", "b", truncated=1)
    marked = _open(app)[ALERTNAME]
    assert "Spike (ALR-3)" in marked.annotations["description"]
    assert "1 alerts" in marked.annotations["summary"]


def test_a_group_that_is_cut_from_the_start_says_so(app) -> None:
    _post(app, "a", truncated=2)
    assert "never heard of here" in _open(app)[ALERTNAME].annotations["description"]


def test_a_whole_one_ends_the_mark(app, clock) -> None:
    _post(app, "a", truncated=1)
    _post(app, "a", truncated=1)
    clock.push(timedelta(minutes=1))
    _post(app, "a", "b")
    assert set(_open(app)) == {"a", "b"}


def _job(app: App):
    with app.store.transaction() as shelves:
        (job,) = shelves.jobs.claim([ASK], "w", app.clock.now(), 30.0, 5)
    return job


def _settle(app: App, job: Any, outcome: object) -> Any:
    with app.store.transaction() as shelves:
        Asking(app.hearing.groups).settle(shelves, job, outcome)
    with app.store.reading() as shelves:
        return shelves.jobs.get(job.key)


def test_the_alertmanager_is_asked_for_the_group_and_tells_what_ended(app, clock) -> None:
    _post(app, "a", "b", "c")
    _post(app, "a", "b", truncated=1)
    job = _job(app)
    assert job.args["url"] == "http://127.0.0.1:1/am/api/v2/alerts?filter=alertname%3D%22Spike%22"
    clock.push(timedelta(seconds=5))
    there = [_alert("a"), _alert("d")]
    with http_partner(HttpPartner(lambda got: (200, {}, orjson.dumps(there)))) as partner:
        answer = app.hearing.groups.ask(replace(job, args={**job.args, "url": partner.url}))
    assert _settle(app, job, answer).state is JobState.DONE
    assert set(_open(app)) == {"a", "b", "d"}


def test_what_still_fires_there_goes_on(app, clock) -> None:
    _post(app, "a", "b", "c")
    _post(app, "a", truncated=2)
    job = _job(app)
    clock.push(timedelta(seconds=5))
    _settle(app, job, orjson.dumps([_alert(node) for node in "abc"]))
    assert set(_open(app)) == {"a", "b", "c"}
    assert _open(app)["c"].ends_at > NOON + timedelta(days=1)


@pytest.mark.parametrize("reply", [(500, {}, b""), (200, {}, b"x" * 100)])
def test_a_group_that_cannot_be_asked_for_stays_marked(app, reply) -> None:
    _post(app, "a", truncated=1)
    job = _job(app)
    with http_partner(HttpPartner(lambda got: reply)) as partner:
        answer = app.hearing.groups.ask(replace(job, args={**job.args, "url": partner.url}))
    state = _settle(app, job, answer).state
    assert state is (JobState.READY if reply[0] == 500 else JobState.DEAD)
    assert ALERTNAME in _open(app)


def test_an_alertmanager_that_is_away_is_asked_again(app) -> None:
    _post(app, "a", truncated=1)
    job = _job(app)
    answer = app.hearing.groups.ask(job)
    assert isinstance(answer, DeliveryFailed)
    assert _settle(app, job, answer).state is JobState.READY


def test_a_source_without_an_address_is_only_marked(app) -> None:
    groups = replace(app.hearing.groups, urls={})
    app = replace(app, hearing=replace(app.hearing, groups=groups))
    _post(app, "a", truncated=1)
    with app.store.reading() as shelves:
        assert shelves.jobs.next_due([ASK]) == {}


@pytest.mark.parametrize("text", ["prod", "prod=ftp://x", "https://x"])
def test_an_address_that_is_none_is_explained(app, text: str, tmp_path) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_ALERTMANAGER_URLS"):
        groups_of(load_settings({"TOCSIN_ALERTMANAGER_URLS": text}, home=tmp_path), app.take)
