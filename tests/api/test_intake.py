from __future__ import annotations

import base64
import gzip
from datetime import timedelta

import orjson
import pytest

from tocsin.domain.errors import Overloaded
from tocsin.domain.person import Role

GOOD = {"labels": {"alertname": "ShopDown", "severity": "critical", "service": "shop"}}
JSON = "application/json"


def _post(client, bearer, body: bytes, content_type: str = JSON):
    return client.post("/api/v2/alerts", content=body, headers={**bearer(), "Content-Type": content_type})


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        pytest.param(b"[]", 200, b"", id="an empty array"),
        pytest.param(orjson.dumps([GOOD]), 200, b"", id="a good alert"),
        pytest.param(b"{}", 400, {"code": 400}, id="no array"),
        pytest.param(b"[", 400, {"code": 400}, id="no JSON"),
        pytest.param(b'[{"annotations": {}}]', 422, {"code": 602}, id="labels missing"),
        pytest.param(b'[{"labels": {"a": ""}}]', 400, str, id="no labels left"),
        pytest.param(b'[{"labels": {"": "x", "a": "b"}}]', 400, str, id="a bad label name"),
        pytest.param(
            b'[{"labels": {"a": "b"}, "startsAt": "2026-03-01T12:00:00Z", "endsAt": "2026-03-01T11:00:00Z"}]',
            400,
            str,
            id="the end before the start",
        ),
    ],
)
def test_alerts_are_answered_like_alertmanager(client, bearer, body, status, answer) -> None:
    response = _post(client, bearer, body)
    assert response.status_code == status
    if isinstance(answer, bytes):
        assert response.content == answer
    elif answer is str:
        assert isinstance(response.json(), str)
    else:
        assert response.json().items() >= answer.items()
        assert "message" in response.json()
        assert response.headers["Content-Type"] == JSON


def test_a_wrong_content_type_is_415_in_alertmanagers_form(client, bearer) -> None:
    response = _post(client, bearer, b"[]", "text/plain")
    assert (response.status_code, response.json()["code"]) == (415, 415)


def test_the_good_ones_beside_a_bad_one_are_stored(client, bearer, app) -> None:
    assert _post(client, bearer, orjson.dumps([GOOD, {"labels": {"a": ""}}])).status_code == 400
    with app.store.reading() as shelves:
        assert shelves.incidents.count() == 1
        assert shelves.quarantine.count_waiting() == 1


def test_what_was_answered_with_200_is_in_the_database(client, bearer, app) -> None:
    _post(client, bearer, orjson.dumps([GOOD]))
    with app.store.reading() as shelves:
        assert shelves.alerts.recent()[0].labels["service"] == "shop"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer tocs_wrong"}, {"Authorization": "Basic %"}]
)
@pytest.mark.parametrize("path", ["/ingest/signals", "/hooks/alertmanager/tocs_wrong"])
def test_strangers_are_refused(client, headers, path) -> None:
    response = client.post(path, content=b"[]", headers={"Content-Type": JSON, **headers})
    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Connection"] == "close"


def test_a_token_of_another_role_may_not_write(client, bearer) -> None:
    response = client.post("/api/v2/alerts", json=[], headers=bearer(Role.VIEWER))
    assert (response.status_code, response.json()["code"]) == (403, 403)
    assert response.json()["message"].endswith("[not_allowed]")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer tocs_wrong"}])
def test_strangers_are_refused_by_alertmanagers_api_as_by_alertmanager(client, headers) -> None:
    response = client.post("/api/v2/alerts", content=b"[]", headers={"Content-Type": JSON, **headers})
    assert (response.status_code, response.json()["code"]) == (401, 401)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Connection"] == "close"


def test_an_expired_token_opens_nothing(client, bearer, clock) -> None:
    headers = bearer(lives=timedelta(hours=1))
    clock.push(timedelta(hours=1))
    assert client.post("/api/v2/alerts", json=[], headers=headers).status_code == 401


def test_prometheus_may_send_the_token_as_a_basic_password(client, token) -> None:
    basic = base64.b64encode(f"prometheus:{token()}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    assert client.post("/api/v2/alerts", json=[GOOD], headers=headers).status_code == 200


def test_loopback_is_not_let_in_unless_it_is_set(loopback) -> None:
    assert loopback.post("/api/v2/alerts", json=[]).status_code == 401


class TestOpenToLoopback:
    @pytest.fixture
    def environ(self) -> dict[str, str]:
        return {"TOCSIN_ALERTMANAGER_OPEN": "loopback"}

    def test_this_machine_needs_no_token_for_alerts_only(self, loopback) -> None:
        assert loopback.post("/api/v2/alerts", json=[GOOD]).status_code == 200
        assert loopback.post("/ingest/signals", content=b"{}").status_code == 401

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "rebound.evil.example"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Host": ""},
            {"Host": "127.0.0.1.evil.example:8420"},
        ],
    )
    def test_a_hostile_page_in_a_browser_here_brings_no_alert(self, loopback, headers, app) -> None:
        assert loopback.post("/api/v2/alerts", json=[GOOD], headers=headers).status_code == 401

    @pytest.mark.parametrize("name", ["localhost:8420", "[::1]:8420", "127.0.0.2"])
    def test_this_machine_has_more_than_one_name(self, loopback, name) -> None:
        headers = {"Host": name, "Origin": f"http://{name}"}
        assert loopback.post("/api/v2/alerts", json=[GOOD], headers=headers).status_code == 200

    def test_what_is_no_json_is_refused_and_not_kept(self, loopback, app) -> None:
        headers = {"Content-Type": "text/plain"}
        assert loopback.post("/api/v2/alerts", content=b"junk", headers=headers).status_code == 415
        with app.store.reading() as shelves:
            assert shelves.quarantine.count_waiting() == 0

    def test_others_do(self, client) -> None:
        response = client.post("/api/v2/alerts", json=[], headers={"X-Forwarded-For": "127.0.0.1"})
        assert response.status_code == 401

    def test_a_wrong_token_is_refused_from_here_too(self, loopback) -> None:
        headers = {"Authorization": "Bearer tocs_wrong"}
        assert loopback.post("/api/v2/alerts", json=[], headers=headers).status_code == 401


class TestSmallLimits:
    @pytest.fixture
    def environ(self) -> dict[str, str]:
        return {"TOCSIN_MAX_BODY_MB": "1", "TOCSIN_MAX_PENDING": "1"}

    def test_a_body_that_is_too_large_is_413_and_nothing_is_kept(self, client, bearer, app) -> None:
        response = _post(client, bearer, b"[" + b" " * (1 << 20) + b"]")
        assert (response.status_code, response.json()["code"]) == (413, 413)
        with app.store.reading() as shelves:
            assert shelves.quarantine.count_waiting() == 0


def test_a_database_in_trouble_is_503_with_a_time_to_come_again(client, bearer, app, monkeypatch) -> None:
    headers = {**bearer(), "Content-Type": JSON}

    def full(*_: object, **__: object) -> None:
        raise Overloaded("The disk is full.", means="Nothing was kept.", next_step="Free space.")

    monkeypatch.setattr(app.hearing.taking, "run", full)
    response = client.post("/api/v2/alerts", content=orjson.dumps([GOOD]), headers=headers)
    assert (response.status_code, response.json()["code"]) == (503, 503)
    assert int(response.headers["Retry-After"]) > 0


def test_a_webhook_is_taken_by_the_key_in_its_address(client, token) -> None:
    body = {"version": "4", "alerts": [{"status": "firing", **GOOD}]}
    response = client.post(f"/hooks/alertmanager/{token()}", json=body)
    assert (response.status_code, response.json()) == (200, {"accepted": 1, "quarantined": 0, "reasons": []})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version": "4", "alerts": [{"status": "odd", **GOOD}]}, 400),
        ({"version": "4", "alerts": [{"status": "odd", **GOOD}, {"status": "firing", **GOOD}]}, 200),
        ({"version": "3", "alerts": []}, 400),
        ([], 400),
    ],
)
def test_a_webhook_of_which_nothing_was_taken_is_400(client, token, body, status) -> None:
    assert client.post(f"/hooks/alertmanager/{token()}", json=body).status_code == status


def test_signals_are_counted_and_the_unreadable_ones_named(client, bearer, app) -> None:
    response = client.post("/ingest/signals?source=idp", content=b'{"a":1}\n{"b":\n', headers=bearer())
    assert response.status_code == 200
    assert (response.json()["accepted"], response.json()["quarantined"]) == (1, 1)
    assert response.json()["reasons"][0]["id"] == "Q-1"
    assert app.lake.sources() == ("idp",)


def test_signals_may_come_compressed(client, bearer) -> None:
    headers = {**bearer(), "Content-Encoding": "gzip"}
    response = client.post("/ingest/signals", content=gzip.compress(b'[{"a":1},{"b":2}]'), headers=headers)
    assert (response.status_code, response.json()["accepted"]) == (200, 2)


def test_of_half_a_gzip_nothing_is_taken_and_all_is_kept_for_replay(client, bearer, app) -> None:
    half = gzip.compress(orjson.dumps([{"n": n} for n in range(999)]))[:200]
    response = client.post("/ingest/signals", content=half, headers={**bearer(), "Content-Encoding": "gzip"})
    assert (response.status_code, response.json()["accepted"]) == (200, 0)
    assert "gzip ended early" in response.json()["reasons"][0]["reason"]
    with app.store.reading() as shelves:
        assert shelves.quarantine.count_waiting() == 1


@pytest.mark.parametrize("source", ["drill-1", "drill-"])
def test_nobody_but_a_drill_writes_to_a_source_of_practice(client, bearer, source) -> None:
    response = client.post(f"/ingest/signals?source={source}", content=b"{}", headers=bearer(name="eve"))
    assert (response.status_code, response.json()["code"]) == (403, "drill_refused")
    response = client.post(f"/ingest/signals?source={source}a", content=b"{}", headers=bearer(name="drill"))
    assert response.status_code == 200


@pytest.mark.parametrize("source", ["..", "../../etc", "%00", "A", "x" * 300, "%ff", "a%0ab"])
def test_a_hostile_name_of_a_source_is_refused(client, bearer, source, app) -> None:
    response = client.post(f"/ingest/signals?source={source}", content=b"{}", headers=bearer())
    assert (response.status_code, response.json()["code"]) == (400, "signal_refused")
    assert app.lake.sources() == ()


def test_signals_may_be_named_by_format_and_come_by_a_hook(client, bearer, app) -> None:
    key = bearer()["Authorization"].partition(" ")[2]
    response = client.post(f"/hooks/signals/{key}?source=idp&format=json", content=b'{"user":"eve"}')
    assert (response.status_code, response.json()["accepted"]) == (200, 1)
    assert client.post("/hooks/signals/wrong?source=idp", content=b"{}").status_code == 401
    assert app.lake.read("idp", 0, 9)[0] == (b'{"user":"eve"}',)


def test_a_format_that_there_is_not_is_refused_and_nothing_is_kept(client, bearer, app) -> None:
    response = client.post("/ingest/signals?format=%00nonsense", content=b"{}", headers=bearer())
    assert (response.status_code, response.json()["code"]) == (400, "unknown_format")
    with app.store.reading() as shelves:
        assert shelves.quarantine.count_waiting() == 0
