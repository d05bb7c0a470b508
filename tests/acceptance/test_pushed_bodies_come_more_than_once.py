"""Senders repeat themselves, all at once and out of order: one incident, one page, and nothing twice."""

from __future__ import annotations

import hashlib
import hmac
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.connectors.hook import HookRequest
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Overloaded
from tocsin.store.django_store import DjangoStore

SETTINGS = {"TOCSIN_EVENTS_V2_KEYS": "k" * 32, "TOCSIN_GITHUB_SECRETS": "gh"}
TIMES, CONNECTIONS = 5, 3


@pytest.fixture
def app(database_store: DjangoStore, tmp_path: Path) -> App:
    oncall = tmp_path / "packs" / "team" / "oncall.yml"
    oncall.parent.mkdir(parents=True)
    oncall.write_text(
        "people: {ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}}\n"
        "schedule: {zone: UTC, rotation: weekly, handover: '09:00', starts: 2026-02-25, people: [ben]}\n"
        "escalation: {P1: [{after: 0m, page: primary}]}\n"
    )
    return build_app(load_settings(SETTINGS, home=tmp_path), clock=PushedClock(NOON), store=database_store)


def _event(number: int) -> tuple[str, HookRequest]:
    payload = {"summary": f"Service {number} is slow", "source": f"s{number}", "severity": "critical"}
    event = {
        "routing_key": "k" * 32,
        "event_action": "trigger",
        "dedup_key": f"d{number}",
        "payload": payload,
    }
    body = orjson.dumps(event)
    return "events_v2", HookRequest(headers={}, body=body, source="default", now=NOON)


def _finding(number: int) -> tuple[str, HookRequest]:
    event = {"action": "created", "alert": {"number": number}, "repository": {"full_name": f"acme/r{number}"}}
    body = orjson.dumps(event)
    headers = {
        "x-hub-signature-256": f"sha256={hmac.new(b'gh', body, hashlib.sha256).hexdigest()}",
        "x-github-event": "secret_scanning_alert",
    }
    return "github", HookRequest(headers=headers, body=body, source="default", now=NOON)


def test_every_body_five_times_shuffled_over_three_connections_is_one_incident_and_one_page(app: App) -> None:
    sent = [make(number) for number in range(6) for make in (_event, _finding)] * TIMES
    random.Random(7).shuffle(sent)

    def send(one: tuple[str, HookRequest]) -> int:
        for _ in range(50):
            try:
                return app.hearing.hooks.hear(*one, "203.0.113.9").status
            except Overloaded:
                # A sender that is told 503 comes again, which is the point of telling it so.
                continue
        return 503

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        statuses = list(pool.map(send, sent))
        list(pool.map(lambda _: app.hang_up(), range(CONNECTIONS * 4)))
    assert set(statuses) == {200, 202}
    with app.store.reading() as shelves:
        incidents = shelves.incidents.listed(limit=500)
        pages = [page for each in incidents for page in shelves.pages.of_incident(each.incident_id)]
        lines = app.lake.read("github", 0, 500)[0]
        assert len(shelves.alerts.recent(500)) == 12
    assert (len(incidents), len(pages)) == (12, 12)
    assert len({page.incident_id for page in pages}) == 12
    assert len(lines) == 6
