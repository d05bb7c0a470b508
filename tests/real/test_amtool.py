"""Debian's amtool and Prometheus work with Tocsin in Alertmanager's place, unchanged."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from programs import program, running
from served import Served, free_port, wait_for
from tocsin.domain.person import Role

pytestmark = pytest.mark.real

FILE = """
route:
  receiver: team
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  routes: [{{receiver: pager, matchers: ['severity="page"']}}]
receivers:
  - name: team
    webhook_configs: [{{url: "{url}/team"}}]
  - {{name: pager}}
"""
RULES = """\
groups:
  - name: always
    interval: 1s
    rules: [{alert: Watchdog, expr: vector(1), labels: {severity: critical}, annotations: {summary: "Fires"}}]
"""
SILENT_RULES = RULES.replace("vector(1)", "vector(1) > 2")
PROMETHEUS = """\
global: {{evaluation_interval: 1s, external_labels: {{cluster: lab}}}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]}}
"""


@dataclass
class Sink:
    """A receiver of webhooks that writes down what it is told."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def told(self) -> list[tuple[str, tuple[str, ...]]]:
        return [
            (body["status"], tuple(sorted(each["labels"]["alertname"] for each in body["alerts"])))
            for body in tuple(self.bodies)
        ]


@pytest.fixture
def sink() -> Iterator[Sink]:
    told = Sink()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.keys.append(self.headers["Idempotency-Key"])
            told.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def placed(tocsin: Served, sink: Sink, tmp_path: Path) -> Served:
    """Return a Tocsin with an alertmanager.yml in force, not started yet."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(FILE.format(url=sink.url))
    tocsin.settings["TOCSIN_ALERTMANAGER_FILE"] = str(path)
    tocsin.settings["TOCSIN_ALERTMANAGER_OPEN"] = "loopback"
    return tocsin


def amtool(served: Served, *words: str, given: str = "") -> str:
    command = [program("amtool", "prometheus-alertmanager"), "--alertmanager.url", served.url, *words]
    answer = subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "different" not in answer.stderr, "amtool warns of another version"
    return answer.stdout


def test_amtool_adds_asks_silences_and_shows(placed: Served, sink: Sink, tmp_path: Path) -> None:
    placed.start()
    amtool(placed, "alert", "add", "alertname=DiskFull", "severity=warning", "--annotation=summary=full")
    wait_for(lambda: sink.told() == [("firing", ("DiskFull",))], 10, "a receiver that was told")
    assert "DiskFull" in amtool(placed, "alert", "query", "severity=warning")
    assert "DiskFull" not in amtool(placed, "alert", "query", "severity=page")

    number = amtool(placed, "silence", "add", "alertname=DiskFull", "-c", "new disk", "-a", "ada").strip()
    assert "DiskFull" not in amtool(placed, "alert", "query")
    assert "DiskFull" in amtool(placed, "alert", "query", "--silenced")
    kept = amtool(placed, "silence", "query", "-o", "json")
    amtool(placed, "silence", "update", "-d", "3h", number)
    amtool(placed, "silence", "expire", number)
    assert amtool(placed, "silence", "query", "-q") == ""
    amtool(placed, "silence", "import", given=kept)
    assert len(amtool(placed, "silence", "query", "-q").split()) == 1

    assert "receiver: team" in amtool(placed, "config", "show")
    assert "receiver: pager" in amtool(placed, "config", "routes")
    assert amtool(placed, "config", "routes", "test", "severity=page").strip() == "pager"
    assert "disabled" in amtool(placed, "cluster", "show")
    assert "SUCCESS" in amtool(placed, "check-config", placed.settings["TOCSIN_ALERTMANAGER_FILE"])


def test_amtool_shows_what_a_role_may_not(placed: Served, tmp_path: Path) -> None:
    placed.settings["TOCSIN_ALERTMANAGER_OPEN"] = "never"
    placed.start()
    config = tmp_path / "amtool.yml"
    config.write_text(f"basic_auth: {{username: amtool, password: {placed.token(Role.VIEWER)}}}\n")
    words = ("--http.config.file", str(config), "silence", "add", "alertname=a", "-c", "c", "-a", "ada")
    command = [program("amtool", "prometheus-alertmanager"), "--alertmanager.url", placed.url, *words]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode != 0
    assert "403" in answer.stderr
    assert "no consumer" not in answer.stderr


def test_sighup_reads_the_file_again_and_sigterm_is_a_good_end(placed: Served, sink: Sink) -> None:
    placed.start()
    assert placed.process is not None
    path = Path(placed.settings["TOCSIN_ALERTMANAGER_FILE"])
    path.write_text(path.read_text().replace("pager", "night"))
    placed.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "receiver: night" in amtool(placed, "config", "routes"), 10, "the new file in force")
    path.write_text("route: {receiver: nobody}")
    placed.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "stay as they were" in placed.said(), 10, "a word about the bad file")
    assert "receiver: night" in amtool(placed, "config", "routes")
    placed.process.terminate()
    assert placed.process.wait(30) == 0


def test_prometheus_fires_and_resolves_and_a_kill_between_costs_nothing(
    placed: Served, sink: Sink, tmp_path: Path
) -> None:
    placed.start()
    with prometheus(placed, tmp_path) as reloaded:
        wait_for(lambda: sink.told() == [("firing", ("Watchdog",))], 30, "a receiver that was told")
        (alert,) = sink.bodies[0]["alerts"]
        assert alert["labels"] == {"alertname": "Watchdog", "cluster": "lab", "severity": "critical"}
        assert (alert["endsAt"], sink.bodies[0]["groupKey"]) == (
            "0001-01-01T00:00:00Z",
            '{}:{alertname="Watchdog"}',
        )
        placed.kill()
        placed.start()
        reloaded(SILENT_RULES)
        wait_for(lambda: ("resolved", ("Watchdog",)) in sink.told(), 30, "a receiver that knows of the end")
    # What was told before the kill is not told again; at most under the same key, by one killed in between.
    assert len(set(sink.keys)) == 2


def test_a_tocsin_that_starts_late_hears_what_fires_already(
    placed: Served, sink: Sink, tmp_path: Path
) -> None:
    with prometheus(placed, tmp_path, resend="1h") as reloaded:
        assert reloaded is not None
        placed.start()
        wait_for(lambda: sink.told() == [("firing", ("Watchdog",))], 10, "a receiver that was told")
        (alert,) = sink.bodies[0]["alerts"]
        assert alert["labels"] == {"alertname": "Watchdog", "cluster": "lab", "severity": "critical"}


class prometheus:  # noqa: N801 - it reads as the program that it runs
    """A Prometheus that sends to a Tocsin for the length of a block; yields what changes its rules."""

    def __init__(self, served: Served, folder: Path, resend: str = "1s") -> None:
        self.folder = folder / "prometheus"
        self.folder.mkdir()
        (self.folder / "rules.yml").write_text(RULES)
        (self.folder / "prometheus.yml").write_text(PROMETHEUS.format(port=served.port))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        if resend != "1s":
            served.settings["TOCSIN_PROMETHEUS_ALERTS"] = self.url
        self._running = running(
            [
                program("prometheus", "prometheus"),
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                f"--rules.alert.resend-delay={resend}",
            ],
            self.folder / "prometheus.log",
        )

    def __enter__(self) -> Any:
        self._process = self._running.__enter__()
        wait_for(self._fires, 30, "a Prometheus whose alert fires")
        return self._exchange

    def __exit__(self, *raised: Any) -> None:
        self._running.__exit__(*raised)

    def _fires(self) -> bool:
        try:
            found = httpx.get(f"{self.url}/api/v1/alerts", timeout=5)
        except httpx.TransportError:
            return False
        return found.status_code == 200 and any(
            each["state"] == "firing" for each in found.json()["data"]["alerts"]
        )

    def _exchange(self, rules: str) -> None:
        (self.folder / "rules.yml").write_text(rules)
        self._process.send_signal(signal.SIGHUP)
