"""A real application on a database of its own, the cast with accounts, and a clock that is pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory, override_settings

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app, install
from tocsin.domain.alert import AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.clock import PushedClock
from tocsin.domain.incident import Incident
from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

CAST = {
    "ada": ("Ada Lindqvist", Role.COMMANDER),
    "ben": ("Ben Okafor", Role.RESPONDER),
    "chidi": ("Chidi Eze", Role.VIEWER),
    "dana": ("Dana Novak", Role.APPROVER),
}

ONCALL = """
people:
  ben: {name: Ben Okafor, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada Lindqvist, contacts: [{channel: inbox, address: ada}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
escalation:
  P1:
    - {after: 0m, page: primary}
    - {after: 5m, page: secondary}
notices:
  - {channel: inbox, address: administrators, severities: [P1, P2, P3, P4], events: [opened, resolved]}
"""

Opener = Callable[..., Incident]


@pytest.fixture
def rf() -> RequestFactory:
    """Return what makes requests without a client."""
    return RequestFactory()


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(sqlite_store: DjangoStore, tmp_path: Path, clock: PushedClock) -> Iterator[App]:
    """Return the installed application: Ben is on call, Ada is next, and only the Inbox is set up."""
    pack = tmp_path / "home" / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    app = build_app(load_settings({}, home=tmp_path / "home"), clock=clock, store=sqlite_store)
    install(app)
    accounts = Accounts(sqlite_store)
    for username, (name, role) in CAST.items():
        accounts.create(username, name, role)
    with override_settings(ROOT_URLCONF="tocsin.console.urls"):
        yield app


def _signed_in(username: str) -> Client:
    account = Accounts(DjangoStore()).by_username(username)
    assert account is not None
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def ada(app: App) -> Client:
    return _signed_in("ada")


@pytest.fixture
def ben(app: App) -> Client:
    return _signed_in("ben")


@pytest.fixture
def chidi(app: App) -> Client:
    return _signed_in("chidi")


@pytest.fixture
def dana(app: App) -> Client:
    return _signed_in("dana")


@pytest.fixture
def open_incident(app: App, clock: PushedClock) -> Opener:
    """Return a function that opens an incident through the real intake."""

    def opened(
        title: str = "The disk is full",
        severity: str = "critical",
        *,
        annotations: Mapping[str, str] | None = None,
        **labels: str,
    ) -> Incident:
        report = AlertReport(
            source="prometheus",
            labels={"alertname": title[:80], "severity": severity, "service": f"s{uuid4().hex}", **labels},
            annotations={"summary": title, **(annotations or {})},
            ends_at=clock.now() + timedelta(hours=1),
        )
        arrival = Arrival(
            arrival_id=uuid4(),
            connector="alertmanager",
            source="prometheus",
            key=uuid4().hex,
            received_at=clock.now(),
            body=b"[]",
        )
        app.take.alerts(arrival, [report])
        with app.store.reading() as shelves:
            return shelves.incidents.listed()[0]

    return opened
