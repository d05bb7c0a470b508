"""The doors for what partners push, spoken to as the partners' own programs speak."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization

from served import free_port, wait_for
from skips import skip_or_fail
from tocsin.domain.errors import Overloaded
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi

KEY = "R0UTINGKEY000000000000000000000A"
EVENT = {
    "routing_key": KEY,
    "event_action": "trigger",
    "dedup_key": "inc-1",
    "payload": {"summary": "The shop is slow", "source": "shop-1", "severity": "critical"},
}


@pytest.fixture
def environ() -> dict[str, str]:
    return {
        "TOCSIN_EVENTS_V2_KEYS": KEY,
        "TOCSIN_OPSGENIE_KEYS": "OPSGENIE-TEST-KEY,KEY",
        "TOCSIN_GENERIC_TOKENS": "g",
    }


def _counts(app) -> tuple[int, int, int]:
    with app.store.reading() as shelves:
        alerts = shelves.alerts.recent()
        over = sum(alert.is_resolved(app.clock.now()) for alert in alerts)
        return len(alerts), over, shelves.incidents.count()


def test_an_event_is_answered_202_once_it_is_kept(client, app) -> None:
    answer = client.post("/v2/enqueue", json=EVENT)
    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "inc-1")
    assert _counts(app) == (1, 0, 1)
    assert client.post("/v2/change/enqueue", json={"routing_key": KEY}).status_code == 202


def test_an_ingest_token_is_a_routing_key_too(client, app, token) -> None:
    assert client.post("/v2/enqueue", json=EVENT | {"routing_key": token()}).status_code == 202
    assert client.post("/v2/enqueue", json=EVENT | {"routing_key": token(Role.VIEWER)}).status_code == 401


def test_an_invalid_event_is_refused_in_pagerdutys_form_and_set_aside(client, app) -> None:
    answer = client.post("/v2/enqueue", json=EVENT | {"payload": {}})
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    with app.store.reading() as shelves:
        assert shelves.quarantine.count_waiting() == 1


def test_a_forged_body_is_refused_as_a_problem_document(client) -> None:
    answer = client.post("/hooks/github", content=b"{}", headers={"X-GitHub-Event": "push"})
    assert (answer.status_code, answer.json()["code"]) == (401, "forged")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_unknown_connector_is_404_and_a_bad_name_400(client) -> None:
    assert client.post("/hooks/nothing/x", content=b"{}").status_code == 404
    assert client.post("/hooks/generic/A", content=b"{}").status_code == 400


def test_a_store_in_trouble_is_503_and_never_4xx(client, app, monkeypatch) -> None:
    def locked(*_: object) -> None:
        raise Overloaded("The database is locked.", means="a", next_step="b")

    monkeypatch.setattr(type(app.store), "transaction", locked)
    answer = client.post("/v2/enqueue", json=EVENT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_alertmanagers_captured_notifications_open_and_end(client, app, shared) -> None:
    for action, over in (("trigger", 0), ("resolve", 1)):
        capture = json.loads((shared / "captures" / f"alertmanager_pagerduty_v2_{action}.json").read_text())
        assert client.post("/v2/enqueue", json=capture["body"]).status_code == 202
        assert _counts(app)[:2] == (1, over)


def test_alertmanagers_captured_opsgenie_requests_open_and_end(client, app, shared) -> None:
    for name, over in (("create", 0), ("update_message", 0), ("update_description", 0), ("close", 1)):
        capture = json.loads((shared / "captures" / f"alertmanager_opsgenie_{name}.json").read_text())
        headers = {"Authorization": capture["headers"]["Authorization"]}
        answer = client.request(capture["method"], capture["path"], json=capture["body"], headers=headers)
        assert answer.status_code == 202, answer.text
        assert _counts(app)[:2] == (1, over)


def test_captured_requests_of_the_python_clients_are_taken(client, app, shared) -> None:
    captured = json.loads((shared / "captures" / "python_clients_requests.json").read_text())["requests"]
    ours = [one for one in captured if one["path"] in ("/pd/v2/enqueue", "/og/v2/alerts")]
    assert len(ours) == 4
    for one in ours:
        path = one["path"].replace("/pd", "").replace("/og", "/opsgenie")
        headers = {name: text for name, text in one["headers"].items() if name == "Authorization"}
        assert client.post(path, json=one["json"], headers=headers).status_code == 202


@pytest.mark.parametrize("name", ["firing", "partial_resolve", "resolved", "truncated"])
def test_alertmanagers_captured_webhooks_are_taken_by_a_token_in_a_header(
    client, app, bearer, shared, name
) -> None:
    capture = json.loads((shared / "captures" / f"alertmanager_webhook_v4_{name}.json").read_text())
    answer = client.post("/hooks/alertmanager/prod", json=capture["body"], headers=bearer())
    assert (answer.status_code, answer.json()["accepted"]) == (200, len(capture["body"]["alerts"]))
    with app.store.reading() as shelves:
        assert {alert.source for alert in shelves.alerts.recent()} == {"alertmanager:prod"}


def test_a_stranger_at_alertmanagers_hook_stands_in_the_log(client, app) -> None:
    assert client.post("/hooks/alertmanager/tocs_wrong", json={}).status_code == 401
    with app.store.reading() as shelves:
        entries = [orjson.loads(content) for content in shelves.log.waiting_contents()]
    (entry,) = [entry for entry in entries if entry["kind"] == "intake.forged"]
    assert entry["facts"]["connector"] == "alertmanager"
    assert "tocs_wrong" not in str(entry)


def test_a_drill_cannot_be_played_through_alertmanagers_hook(client, bearer) -> None:
    for name in ("drill", "drill-1"):
        assert client.post(f"/hooks/alertmanager/{name}", json={}, headers=bearer()).status_code == 403


class _Tls:
    """The application behind TLS on this machine, with a certificate made for it."""

    def __init__(self, app: Any, folder: Path) -> None:
        self.port = free_port()
        self.authority = _certificate(folder)
        config = uvicorn.Config(
            build_asgi(app),
            host="127.0.0.1",
            port=self.port,
            ssl_certfile=str(self.authority),
            ssl_keyfile=str(folder / "key.pem"),
            log_level="error",
            lifespan="off",
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@pytest.fixture
def tls(app, tmp_path: Path) -> Iterator[_Tls]:
    running = _Tls(app, tmp_path)
    running.thread.start()
    wait_for(lambda: running.server.started, 30, "a server behind TLS")
    yield running
    running.server.should_exit = True
    running.thread.join(20)


def _certificate(folder: Path) -> Path:
    import datetime as dt  # noqa: PLC0415
    import ipaddress  # noqa: PLC0415

    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    (folder / "cert.pem").write_bytes(made.public_bytes(encoding))
    return folder / "cert.pem"


def test_pagerdutys_own_client_is_understood(app, tls: _Tls, monkeypatch) -> None:
    import pagerduty  # noqa: PLC0415

    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    client = pagerduty.EventsApiV2Client(KEY)
    client.url = tls.url
    key = client.trigger("The shop is slow", "shop-1", dedup_key="inc-9", severity="critical")
    assert (key, _counts(app)) == ("inc-9", (1, 0, 1))
    client.acknowledge("inc-9")
    client.resolve("inc-9")
    assert _counts(app) == (1, 1, 1)


@pytest.mark.real
def test_a_real_alertmanager_reaches_all_three_intakes(app, tls: _Tls, token, tmp_path: Path) -> None:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        skip_or_fail("no Alertmanager is installed")
    template = next(Path("/usr/share/prometheus").rglob("default.tmpl"), None)
    http = {"tls_config": {"ca_file": str(tls.authority)}}
    receiver = {
        "name": "tocsin",
        "pagerduty_configs": [{"routing_key": KEY, "url": f"{tls.url}/v2/enqueue", "http_config": http}],
        "opsgenie_configs": [
            {"api_key": "KEY", "api_url": f"{tls.url}/opsgenie/", "priority": "P2", "http_config": http}
        ],
        "webhook_configs": [
            {
                "url": f"{tls.url}/hooks/alertmanager/prod",
                "http_config": http | {"authorization": {"credentials": token()}},
            }
        ],
    }
    route = {"receiver": "tocsin", "group_by": ["alertname"], "group_wait": "100ms", "group_interval": "1s"}
    configuration = {"route": route, "receivers": [receiver]}
    if template is not None:
        configuration["templates"] = [str(template)]
    (tmp_path / "am.yml").write_text(json.dumps(configuration))
    port = free_port()
    running = subprocess.Popen(
        [
            *(program, f"--config.file={tmp_path / 'am.yml'}", f"--storage.path={tmp_path / 'am'}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _fire(port)
        wait_for(lambda: _counts(app)[0] >= 3, 40, "an alert by each of the three ways")
        with app.store.reading() as shelves:
            sources = {alert.source for alert in shelves.alerts.recent()}
        assert sources == {"events_v2", "opsgenie", "alertmanager:prod"}
    finally:
        running.terminate()
        running.wait(20)


def _fire(port: int) -> None:
    import httpx  # noqa: PLC0415

    alert = {"labels": {"alertname": "ShopSlow", "severity": "critical"}, "annotations": {"summary": "slow"}}
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline, "Alertmanager did not start"
            time.sleep(0.1)
        else:
            return
