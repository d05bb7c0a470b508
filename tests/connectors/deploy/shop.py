"""A shop with two builds behind a pretended docker compose: what a rollback is tried on."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from builds import GATES, OURS, REPOSITORY, WORKFLOW, commit, digest_of, pem_of, provenance, results, signed
from tocsin.connectors.deploy.records import RecordsCaller
from tocsin.connectors.deploy.rollback import performers_of
from tocsin.domain.acting import Call, Performer
from tocsin.domain.clock import PushedClock
from tocsin.domain.pack_file import parse

NOW = datetime(2026, 3, 1, 14, tzinfo=UTC)
_SERVICE = """
import http.server, json, sys
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({{"status": {status!r}, "commit": {commit!r}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
"""
_FILE = """
shop:
  history: {root}/history.json
  provenance: {root}/provenance
  artifact: {root}/registry/{{digest}}.py
  gates: [unit, sast]
  repository: {repository}
  workflow: {workflow}
  healthy_for: 10m
  trust: {trust}
  by: {{compose: {{file: {root}/compose.yml, service: web, image: registry.example/shop}}}}
  health: {{url: "http://127.0.0.1:{port}/health", expect: {{status: ok}}, build: commit, within: 5s}}
"""


def build(number: int, status: str = "ok") -> bytes:
    """Return the artifact of a build: a program that serves its own health."""
    return _SERVICE.format(status=status, commit=commit(number)).encode()


@dataclass
class Shop:
    """The machine of one service. `calls` are the operations that were asked for, in order."""

    root: Path
    port: int
    callers: Mapping[str, Any]
    calls: list[str]
    named: list[str]
    trust: str = ""
    more: str = ""
    """More lines for the service's section of actions.yml."""

    def caller_of(self, service: str) -> Any:
        return self

    def call(self, call: Call) -> Any:
        self.calls.append(call.operation)
        if call.service == "tocsin.incidents":
            return [word for word in call.parameters["words"] if word in self.named]
        return self.callers["deploy"].call(call)

    @property
    def performer(self) -> Performer:
        trust = self.trust or f"{{keys: [{self.root}/release.pub]}}"
        text = _FILE.format(
            root=self.root, port=self.port, repository=REPOSITORY, workflow=WORKFLOW, trust=trust
        )
        return performers_of(parse(text + self.more, "actions.yml"))[0]

    @property
    def changed(self) -> bool:
        return "ComposeUp" in self.calls

    def store(self, number: int, artifact: bytes, proofs: Sequence[bytes]) -> str:
        """Keep a build's artifact and what is stated about it; return its digest."""
        digest = digest_of(artifact)
        (self.root / "registry" / f"{digest}.py").write_bytes(artifact)
        folder = self.root / "provenance" / commit(number)
        folder.mkdir(parents=True, exist_ok=True)
        for at, proof in enumerate(proofs):
            (folder / f"{at}.json").write_bytes(proof)
        return digest

    def healthy(self, number: int, status: str = "ok") -> str:
        """Keep a build that is proven."""
        artifact = build(number, status)
        digest = digest_of(artifact)
        stated = [provenance(digest, commit(number)), results(digest, GATES)]
        return self.store(number, artifact, [signed(each) for each in stated])

    def wrote(self, *rows: Mapping[str, Any]) -> None:
        (self.root / "history.json").write_text(json.dumps({"deployments": list(rows)}))

    def runs(self) -> Mapping[str, str]:
        """Ask the service itself."""
        for _ in range(100):
            url = f"http://127.0.0.1:{self.port}/health"
            with suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
                return json.loads(answer.read())
            time.sleep(0.05)
        raise AssertionError("the service does not answer")

    def stop(self) -> None:
        pid = self.root / "registry" / "pid"
        if pid.exists():
            with suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGKILL)


def row(number: int, hour: int, digest: str, status: str = "healthy", **more: Any) -> dict[str, Any]:
    stamp = f"2026-03-01T{hour:02}:00:00Z"
    return {
        "commit": commit(number),
        "status": status,
        "timestamp": stamp,
        "digest": f"sha256:{digest}",
        **more,
    }


def open_shop(root: Path, monkeypatch: Any) -> Shop:
    """Return a shop whose build 2 runs and is unhealthy, and whose build 1 was healthy and is proven."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (root / "registry").mkdir()
    (root / "release.pub").write_bytes(pem_of(OURS))
    monkeypatch.setenv("REGISTRY", str(root / "registry"))
    monkeypatch.setenv("PORT", str(port))
    command = (sys.executable, str(Path(__file__).with_name("fake_compose.py")))
    records = RecordsCaller(command, PushedClock(NOW), pause=lambda seconds: time.sleep(0.05))
    shop = Shop(root=root, port=port, callers={"deploy": records}, calls=[], named=[])
    first, second = shop.healthy(1), shop.healthy(2, "broken")
    (root / "compose.yml").write_text(
        f"services:\n  web:\n    image: registry.example/shop@sha256:{second}\n    ports: ['80:80']\n"
    )
    shop.wrote(row(1, 10, first), row(2, 12, second, "failed"))
    return shop
