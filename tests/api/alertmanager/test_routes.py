"""Where the API lies, who may use it, and how its file is exchanged."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tocsin.app.tokens import make_token
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi


@pytest.fixture
def away(app):
    """Return a client that calls from elsewhere."""
    client = TestClient(build_asgi(app), raise_server_exceptions=False, client=("203.0.113.9", 50000))
    yield client
    client.close()


def test_everything_lies_below_the_prefix_too(local):
    local.post("/am/api/v2/alerts", json=[{"labels": {"alertname": "A"}}])
    assert local.get("/am/api/v2/alerts").json() == local.get("/api/v2/alerts").json() != []
    for probe in ("/-/healthy", "/-/ready", "/am/-/healthy", "/am/-/ready"):
        assert local.get(probe).status_code == local.head(probe).status_code == 200


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        (None, "GET", "/api/v2/alerts", 401),
        (Role.INGEST, "GET", "/api/v2/alerts", 403),
        (Role.INGEST, "GET", "/api/v2/status", 200),
        (Role.VIEWER, "GET", "/api/v2/alerts", 200),
        (Role.VIEWER, "GET", "/api/v2/silences", 200),
        (Role.VIEWER, "GET", "/metrics", 200),
        (None, "GET", "/metrics", 401),
        (Role.VIEWER, "POST", "/api/v2/silences", 403),
        (Role.RESPONDER, "DELETE", "/api/v2/silence/6f2c1a52-0000-4000-8000-000000000001", 404),
        (Role.RESPONDER, "POST", "/-/reload", 403),
        (Role.ADMIN, "POST", "/-/reload", 200),
    ],
)
def test_each_right_is_asked_for(app, away, role, method, path, status):
    token = (
        make_token(app.store, app.clock, name="t", role=role, lives=None, actor="test").text if role else ""
    )
    asked = {"auth": ("anybody", token)} if role else {}
    assert away.request(method, path, **asked).status_code == status


def test_a_bad_file_is_answered_with_500_and_the_old_one_stays(local, file):
    before = local.get("/api/v2/status").json()["config"]
    file.write_text("route: {receiver: nobody}\nreceivers: []\n")
    answer = local.post("/-/reload")
    assert answer.status_code == 500
    assert "failed to reload config" in answer.text
    assert local.get("/api/v2/status").json()["config"] == before
    assert "alertmanager_config_last_reload_successful 0.0" in local.get("/metrics").text


def test_a_good_file_is_in_force_at_once(local, file):
    local.post("/api/v2/alerts", json=[{"labels": {"alertname": "A"}}])
    file.write_text("route: {receiver: night}\nreceivers: [{name: night}]\n")
    assert local.post("/-/reload").status_code == 200
    (group,) = local.get("/api/v2/alerts/groups").json()
    assert (group["receiver"], group["labels"]) == ({"name": "night"}, {})


def test_figures_tell_how_things_stand(local):
    local.post("/api/v2/alerts", json=[{"labels": {"alertname": "A"}}])
    text = local.get("/metrics").text
    assert 'alertmanager_alerts{state="active"} 1.0' in text
    assert "alertmanager_dispatcher_aggregation_groups 1.0" in text
    assert 'tocsin_incidents{severity="P3"} 1.0' in text
    assert 'alertmanager_alerts_received_total{status="firing",version="v2"}' in text
