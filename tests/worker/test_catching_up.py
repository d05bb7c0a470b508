"""A Tocsin that starts hears what fires already; nothing is ever resolved by what a server leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.connectors.prometheus.active import ActiveAlerts, PrometheusUnread
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.worker.catching_up import AFTER_A_FAULT_S, REST_S, CatchingUp

FIRES = AlertReport(
    source="prometheus",
    labels={"alertname": "ShopDown", "severity": "critical"},
    starts_at=NOON - timedelta(minutes=3),
    ends_at=NOON + timedelta(minutes=4),
)
UNREAD = PrometheusUnread("No.", means="Nothing.", next_step="Look.")


@dataclass
class Server:
    reports: tuple[AlertReport, ...] = (FIRES,)
    fault: Exception | None = None
    url: str = "http://prometheus"
    asked: list[object] = field(default_factory=list)

    def read(self, now):
        self.asked.append(now)
        if self.fault:
            raise self.fault
        return ActiveAlerts(self.reports, b"{}")


@pytest.fixture
def clock():
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path, memory_store, clock):
    return build_app(load_settings({}, home=tmp_path), clock=clock, store=memory_store)


def caught_up(app, *servers):
    return CatchingUp(servers, app.store, app.clock, app.take).round()


def unresolved(app):
    with app.store.reading() as shelves:
        return shelves.alerts.unresolved(app.clock.now())


def test_what_fires_opens_an_incident_at_once(app):
    assert caught_up(app, Server()) == REST_S
    (alert,) = unresolved(app)
    assert alert.starts_at == FIRES.starts_at
    with app.store.reading() as shelves:
        assert shelves.incidents.by_number(1) is not None


def test_what_fires_here_already_is_left_alone(app, clock):
    caught_up(app, Server())
    (before,) = unresolved(app)
    clock.push(timedelta(seconds=30))
    caught_up(app, Server((replace(FIRES, ends_at=NOON + timedelta(hours=1)),)))
    assert unresolved(app) == (before,)


def test_what_a_server_forgot_in_its_restart_keeps_its_lease(app):
    caught_up(app, Server())
    caught_up(app, Server(()))
    assert len(unresolved(app)) == 1


def test_an_end_that_was_heard_while_the_server_was_asked_stands(app, clock):
    caught_up(app, Server())

    class Slow(Server):
        def read(self, now):
            clock.push(timedelta(seconds=1))
            ended = replace(FIRES, ends_at=clock.now())
            with app.store.transaction() as shelves:
                app.take.own(shelves, [ended])
            return super().read(now)

    caught_up(app, Slow())
    assert unresolved(app) == ()


def test_an_alert_whose_lease_ran_out_while_we_were_away_fires_again(app, clock):
    caught_up(app, Server())
    clock.push(timedelta(minutes=10))
    caught_up(app, Server((replace(FIRES, ends_at=clock.now() + timedelta(minutes=4)),)))
    assert len(unresolved(app)) == 1


@pytest.mark.parametrize("fault", [UNREAD, DeliveryFailed(FailureKind.RETRY_LATER, "away")])
def test_a_server_that_does_not_answer_is_asked_again_soon_and_stops_no_other(app, fault):
    other = Server()
    assert caught_up(app, Server(fault=fault), other) == AFTER_A_FAULT_S
    assert len(other.asked) == len(unresolved(app)) == 1
