"""What is pushed to us becomes alerts and acts in one transaction, once, and what is not understood waits."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from nouns import NOON
from tocsin.app.hooks import is_hook
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.connectors.hook import Forged, HookRequest
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound, Overloaded
from tocsin.domain.incident import Status
from tocsin.flow.partner import Partner
from tocsin.store.lake import SignalRefused

KEY = "R0UTINGKEY000000000000000000000A"
SETTINGS = {
    "TOCSIN_EVENTS_V2_KEYS": f"{KEY},shop=own-key",
    "TOCSIN_PAGERDUTY_SECRETS": "pd",
    "TOCSIN_SLACK_SIGNING_SECRETS": "sl",
    "TOCSIN_GITHUB_SECRETS": "gh",
    "TOCSIN_OPSGENIE_KEYS": KEY,
    "TOCSIN_GENERIC_TOKENS": "g",
}
PAYLOAD = {"summary": "The shop is slow", "source": "shop-1", "severity": "critical"}


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path, memory_store, clock) -> App:
    app = build_app(load_settings(SETTINGS, home=tmp_path), clock=clock, store=memory_store)
    hooks = app.hearing.hooks
    # Ben may respond; accounts are the database's, which this store stands in for.
    partner = Partner(app.store, app.clock, app.call, app.take.clocks, lambda name: name == "ben")
    hearing = replace(app.hearing, hooks=replace(hooks, partner=partner))
    return replace(app, hearing=hearing)


def _event(
    app: App, action: str, *, key: str = "d1", routing: str = KEY, source: str = "default", **more: Any
):
    event = {"routing_key": routing, "event_action": action, "dedup_key": key}
    if action == "trigger":
        event["payload"] = PAYLOAD | more
    return _hear(app, "events_v2", event, source=source)


def _hear(app: App, connector: str, found: Any, *, source: str = "default", **headers: str):
    body = found if isinstance(found, bytes) else orjson.dumps(found)
    request = HookRequest(headers=headers, body=body, source=source, now=app.clock.now())
    return app.hearing.hooks.hear(connector, request, "203.0.113.9")


def _pagerduty(app: App, kind: str, person: str = "PBEN", **about: Any):
    agent = {"type": "user_reference", "id": person, "summary": "Ben"} if person else None
    at = app.clock.now().isoformat()
    event = {
        "event_type": kind,
        "occurred_at": at,
        "agent": agent,
        "data": {"id": "P1", "title": "x", **about},
    }
    body = orjson.dumps({"event": event})
    signed = hmac.new(b"pd", body, hashlib.sha256).hexdigest()
    return _hear(app, "pagerduty", body, **{"x-pagerduty-signature": f"v1={signed}"})


def _alerts(app: App):
    with app.store.reading() as shelves:
        return shelves.alerts.recent()


def _incidents(app: App):
    with app.store.reading() as shelves:
        return shelves.incidents.listed()


def test_a_trigger_opens_and_a_resolve_ends_though_it_says_nothing_else(app, clock) -> None:
    assert _event(app, "trigger").status == 202
    (incident,) = _incidents(app)
    assert (incident.title, incident.severity, incident.status) == ("The shop is slow", "P1", Status.OPEN)
    clock.push(timedelta(minutes=5))
    _event(app, "resolve")
    (alert,) = _alerts(app)
    assert (alert.is_resolved(clock.now()), _incidents(app)[0].status) == (True, Status.RESOLVED)


def test_repeats_change_nothing_and_a_trigger_after_the_end_is_a_new_episode(app, clock) -> None:
    for _ in range(3):
        _event(app, "trigger")
    assert (len(_alerts(app)), len(_incidents(app))) == (1, 1)
    clock.push(timedelta(minutes=1))
    for _ in range(3):
        _event(app, "resolve")
    clock.push(timedelta(minutes=1))
    _event(app, "trigger")
    assert (len(_alerts(app)), len(_incidents(app))) == (2, 2)


def test_a_resolve_of_another_key_or_routing_key_ends_nothing(app) -> None:
    _event(app, "trigger")
    _event(app, "resolve", key="d2")
    _event(app, "resolve", routing="own-key", source="shop")
    assert not _alerts(app)[0].is_resolved(NOON)


def test_a_key_of_one_source_opens_no_other(app) -> None:
    assert _event(app, "trigger", routing="own-key", source="shop").status == 202
    assert _alerts(app)[0].source == "events_v2:shop"
    with pytest.raises(Forged):
        _event(app, "trigger", routing="own-key")


def test_a_worse_severity_rates_the_same_incident_anew(app, clock) -> None:
    _event(app, "trigger", severity="warning")
    assert _incidents(app)[0].severity == "P3"
    clock.push(timedelta(minutes=1))
    _event(app, "trigger", severity="critical")
    (incident,) = _incidents(app)
    assert (incident.severity, incident.status) == ("P1", Status.OPEN)


def test_an_acknowledgement_by_a_machine_needs_a_link_like_any_other(app) -> None:
    _event(app, "trigger")
    _event(app, "acknowledge")
    assert _incidents(app)[0].acknowledged_at is None
    app.hearing.hooks.partner.link("events_v2:default", "ben", "ada")
    _event(app, "acknowledge")
    assert _incidents(app)[0].acknowledged_by == "ben"


def test_an_acknowledgement_of_nothing_is_202_and_refused(app) -> None:
    assert _event(app, "acknowledge").status == 202


class TestPagerDuty:
    """Both ways, without an echo."""

    @pytest.fixture
    def ours(self, app) -> str:
        _event(app, "trigger")
        return f"tocsin-{_incidents(app)[0].incident_id}"

    def test_an_incident_of_ours_coming_back_is_no_second_one(self, app, ours) -> None:
        _pagerduty(app, "incident.triggered", person="", incident_key=ours)
        assert (len(_incidents(app)), len(_alerts(app))) == (1, 1)

    def test_a_linked_person_there_acknowledges_and_resolves_here(self, app, ours) -> None:
        app.hearing.hooks.partner.link("pagerduty:PBEN", "ben", "ada")
        _pagerduty(app, "incident.acknowledged", incident_key=ours)
        assert _incidents(app)[0].acknowledged_by == "ben"
        _pagerduty(app, "incident.resolved", incident_key=ours)
        assert _incidents(app)[0].status is Status.RESOLVED

    def test_a_stranger_there_changes_nothing_here(self, app, ours) -> None:
        _pagerduty(app, "incident.acknowledged", person="PEVE", incident_key=ours)
        assert _incidents(app)[0].acknowledged_at is None

    def test_the_echo_of_our_own_act_changes_nothing(self, app, ours) -> None:
        with app.store.reading() as shelves:
            before = shelves.timeline.last_number()
        _pagerduty(app, "incident.acknowledged", person="", incident_key=ours)
        with app.store.reading() as shelves:
            assert shelves.timeline.last_number() == before

    def test_an_incident_of_theirs_is_an_alert_here_until_its_end(self, app, clock) -> None:
        _pagerduty(app, "incident.triggered", incident_key="somebody-elses", urgency="high")
        (alert,) = _alerts(app)
        assert (alert.source, alert.labels["severity"]) == ("pagerduty", "critical")
        clock.push(timedelta(minutes=1))
        _pagerduty(app, "incident.resolved", incident_key="somebody-elses")
        assert _alerts(app)[0].is_resolved(clock.now())


def _github(app: App, kind: str, event: Any):
    body = event if isinstance(event, bytes) else orjson.dumps(event)
    signed = hmac.new(b"gh", body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={signed}", "x-github-event": kind}
    return _hear(app, "github", body, **headers)


def test_what_is_authentic_and_not_understood_waits_and_is_replayed_as_what_it_is(app) -> None:
    assert _github(app, "workflow_run", b"[]").status == 200
    with app.store.reading() as shelves:
        (waiting,) = shelves.quarantine.waiting()
    assert (waiting.connector, waiting.body) == ("github.hook.workflow_run", b"[]")
    with pytest.raises(Exception, match="still cannot be understood"):
        app.hearing.replay(waiting.number, "ada")


def test_a_body_is_replayed_once_its_source_has_a_mapping(app) -> None:
    body = {"status": "firing", "groupKey": "g", "title": "Slow"}
    assert _hear(app, "generic", body, source="grafana2", **{"x-tocsin-token": "g"}).status == 200
    assert _alerts(app) == ()
    hooks = app.hearing.hooks
    mapped = replace(hooks, mappers={**hooks.mappers, "grafana2": hooks.mappers["grafana"]})
    assert replace(app.hearing, hooks=mapped).replay(1, "ada") == "Q-1: 1 accepted"
    assert _alerts(app)[0].source == "generic:grafana2"


def test_other_events_are_signals_in_the_lake(app) -> None:
    rings = app.signals_bell.rings
    _github(app, "push", {"ref": "refs/heads/main"})
    (lines, _) = app.lake.read("github", 0, 9)
    assert orjson.loads(lines[0])["github_event"] == "push"
    assert app.signals_bell.rings == rings + 1


def test_a_replay_answers_as_before_and_keeps_nothing(app) -> None:
    first = _github(app, "push", {"ref": "x"})
    assert _github(app, "push", {"ref": "x"}) == first
    assert len(app.lake.read("github", 0, 9)[0]) == 1


def test_a_question_is_answered_and_not_kept(app) -> None:
    request = HookRequest(
        headers={"authorization": f"GenieKey {KEY}"},
        body=b"",
        source="default",
        now=NOON,
        path="GET requests/1",
    )
    assert app.hearing.hooks.hear("opsgenie", request, "s").status == 200


@pytest.mark.parametrize("source", ["drill", "drill-1", "drills"])
def test_nobody_passes_a_real_alert_off_as_practice(app, source: str) -> None:
    with pytest.raises(Forged, match="kept for drills"):
        _event(app, "trigger", source=source)


@pytest.mark.parametrize("source", ["", "A", "a/b", "../x", "a" * 65])
def test_a_name_that_can_be_no_source_is_refused(app, source: str) -> None:
    with pytest.raises(SignalRefused):
        _event(app, "trigger", source=source)


@pytest.mark.parametrize("connector", ["inbox", "nothing", "", "../slack"])
def test_nothing_is_pushed_to_what_takes_nothing(app, connector: str) -> None:
    with pytest.raises(NotFound):
        _hear(app, connector, {})


def test_a_store_in_trouble_is_our_fault_and_nothing_is_half_done(app, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise Overloaded("The disk is full.", means="a", next_step="b")

    hooks = replace(app.hearing.hooks, take=replace(app.take, notify=app.take.notify))
    monkeypatch.setattr(type(app.store), "transaction", full)
    request = {"routing_key": KEY, "event_action": "trigger", "dedup_key": "d", "payload": PAYLOAD}
    with pytest.raises(Overloaded):
        hooks.hear(
            "events_v2",
            HookRequest(headers={}, body=orjson.dumps(request), source="default", now=NOON),
            "s",
        )
    monkeypatch.undo()
    assert (_alerts(app), _incidents(app)) == ((), ())


def _slack(app: App, text: str):
    body = f"command=%2Ftocsin&text={text}&team_id=T1&user_id=U1&user_name=ben&trigger_id={text}".encode()
    stamp = str(int(app.clock.now().timestamp()))
    signed = hmac.new(b"sl", f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"x-slack-signature": f"v0={signed}", "x-slack-request-timestamp": stamp}
    return orjson.loads(_hear(app, "slack", body, **headers).body)["text"]


def test_a_command_in_slack_links_and_then_acts(app) -> None:
    _event(app, "trigger")
    told = _slack(app, "ack+INC-1")
    assert "You are not linked" in told
    code = told.partition("the code ")[2].split()[0]
    app.hearing.hooks.partner.confirm(code, "ben")
    assert _slack(app, "ack++INC-1") == "INC-1 is acknowledged by ben."
    assert _incidents(app)[0].acknowledged_by == "ben"


def test_what_came_by_a_hook_is_known_by_its_name() -> None:
    assert [
        is_hook(name) for name in ("github.hook.push", "sns.hook", "signals.hook2", "alertmanager.webhook")
    ] == [
        *(True, True),
        *(False, False),
    ]
