"""A real Prometheus fires, resends and resolves straight into /api/v2/alerts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from programs import program, running
from served import Served, free_port, wait_for
from tocsin.domain.alert import Alert
from tocsin.domain.person import Role

pytestmark = pytest.mark.real

RULES = """\
groups:
  - name: checkout
    interval: 1s
    rules:
      - alert: CheckoutLatencyHigh
        expr: checkout_latency_seconds > 1
        labels: {severity: critical, service: checkout}
        annotations: {summary: "Checkout answers in {{ $value }} s."}
"""
CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{tocsin}"]}}]
{authorization}
scrape_configs:
  - job_name: checkout
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
"""
RESEND = "1s"
ONCE = ("incident.opened", "page.requested", "alert.resolved")
AUTHORIZATION = "      authorization: {credentials_file: token}\n"


@dataclass
class Checkout:
    """The service that Prometheus watches."""

    latency_s: float = 0.2
    port: int = 0


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    service = Checkout()

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"checkout_latency_seconds {service.latency_s}\n".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
    server.daemon_threads = True
    service.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield service
    server.shutdown()
    server.server_close()


@dataclass
class Prometheus:
    """A running Prometheus that sends its alerts to one Tocsin."""

    url: str

    def asked(self, path: str) -> Any:
        """Return what its API answers, None while it is starting."""
        try:
            answer = httpx.get(self.url + path, timeout=5)
        except httpx.TransportError:
            return None
        return answer.json()["data"] if answer.status_code == 200 else None

    def knows_us(self) -> bool:
        """Say whether service discovery is done; what fires earlier, Prometheus drops by itself."""
        found = self.asked("/api/v1/alertmanagers")
        scraped = self.asked("/api/v1/query?query=checkout_latency_seconds")
        return bool(found and found["activeAlertmanagers"] and scraped and scraped["result"])

    def notifications(self, kind: str) -> float:
        """Return its own count of notifications: sent, dropped, or errors."""
        name = f"prometheus_notifications_{kind}_total"
        lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@dataclass
class Scene:
    """A Tocsin, the Prometheus that reports to it, and the service it watches."""

    tocsin: Served
    prometheus: Prometheus
    checkout: Checkout
    reader: str
    stop_prometheus: Callable[[], None]

    def alert(self) -> Alert | None:
        """Return the alert as Tocsin keeps it, if there is one; two would be a mistake."""
        with self.tocsin.store() as store, store.reading() as shelves:
            found = shelves.alerts.recent()
        assert len(found) <= 1
        return found[0] if found else None

    def deliveries(self) -> list[str]:
        """Return what was sent or is to be sent, a line each, without regard to how far it got."""
        with self.tocsin.store() as store, store.reading() as shelves:
            incident = shelves.incidents.by_number(1)
            assert incident is not None
            return [
                f"{sent.subject} {sent.key}" for sent in shelves.pages.deliveries_of(incident.incident_id)
            ]

    def status(self) -> str | None:
        incidents = self.tocsin.incidents(self.reader)
        assert len(incidents) <= 1
        return incidents[0]["status"] if incidents else None


@contextmanager
def scene(tocsin: Served, checkout: Checkout, folder: Path, *, with_token: bool) -> Iterator[Scene]:
    binary = program("prometheus", "prometheus")
    tocsin.start()
    (folder / "rules.yml").write_text(RULES)
    (folder / "token").write_text(tocsin.token(Role.INGEST))
    authorization = AUTHORIZATION if with_token else ""
    config = CONFIG.format(tocsin=tocsin.port, target=checkout.port, authorization=authorization)
    (folder / "prometheus.yml").write_text(config)
    port = free_port()
    command = [
        binary,
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--rules.alert.resend-delay={RESEND}",
    ]
    log = folder / "prometheus.log"
    with running(command, log) as process:
        prometheus = Prometheus(f"http://127.0.0.1:{port}")
        wait_for(prometheus.knows_us, 30, f"a Prometheus that scrapes and knows where to send; see {log}")
        yield Scene(tocsin, prometheus, checkout, tocsin.token(Role.VIEWER), process.kill)


def test_a_fire_opens_one_incident_resends_move_the_lease_and_the_end_resolves_it(
    any_tocsin: Served, checkout: Checkout, tmp_path: Path
) -> None:
    with scene(any_tocsin, checkout, tmp_path, with_token=True) as watched:
        _live_through_it(watched)


def test_an_alert_sent_without_a_token_to_an_open_loopback_ends_with_its_lease_when_prometheus_dies(
    tocsin: Served, checkout: Checkout, tmp_path: Path
) -> None:
    tocsin.settings["TOCSIN_ALERTMANAGER_OPEN"] = "loopback"
    with scene(tocsin, checkout, tmp_path, with_token=False) as watched:
        checkout.latency_s = 4.0
        wait_for(watched.alert, 20, "the alert")
        assert watched.prometheus.notifications("errors") == 0
        watched.stop_prometheus()
        wait_for(lambda: watched.status() == "resolved", 20, "an incident that ended with the lease")


def _live_through_it(watched: Scene) -> None:
    watched.checkout.latency_s = 4.0
    fired = wait_for(watched.alert, 20, "the alert")
    wait_for(lambda: watched.status() == "open", 10, "an open incident")
    called = watched.deliveries()
    assert any(line.startswith("page of INC-1") for line in called)

    lease = wait_for(lambda: _moved(watched, fired), 20, "three resends that moved the lease")
    assert (lease.starts_at, lease.number) == (fired.starts_at, fired.number)
    assert watched.deliveries() == called
    assert watched.tocsin.timeline(watched.reader, "INC-1").count("page.requested") == 1

    watched.checkout.latency_s = 0.2
    wait_for(lambda: watched.status() == "resolved", 20, "an incident that resolved itself")
    kinds = watched.tocsin.timeline(watched.reader, "INC-1")
    assert [kinds.count(once) for once in ONCE] == [1, 1, 1]
    incident = watched.tocsin.incidents(watched.reader)[0]
    assert (incident["severity"], incident["type"]) == ("P1", "service-degradation")

    sent = watched.prometheus.notifications("sent")
    wait_for(lambda: watched.prometheus.notifications("sent") > sent, 20, "the end told once more")
    assert watched.tocsin.timeline(watched.reader, "INC-1") == kinds
    assert watched.prometheus.notifications("dropped") == 0
    assert watched.prometheus.notifications("errors") == 0


def _moved(watched: Scene, first: Alert, times: int = 3) -> Alert | None:
    now = watched.alert()
    assert now is not None
    return now if now.ends_at - first.ends_at >= timedelta(seconds=times) else None
