"""A real server in a temporary home, and a receiver of signed webhooks, for the benches."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
READY_WITHIN_S = 120
ONCALL = """\
people:
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}"}}]}}
schedule: {{zone: UTC, rotation: weekly, handover: "09:00", starts: "2026-01-05", people: [ben]}}
escalation:
  P1: [{{after: 0m, page: primary}}]
"""


@dataclass
class Receiver:
    """Answers 200 to every webhook and notes when each subject arrived (seconds, monotonic)."""

    arrived: dict[str, float] = field(default_factory=dict)
    url: str = ""

    def start(self) -> None:
        arrived = self.arrived

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                arrived.setdefault(body["data"]["subject"].rpartition(" ")[2], time.monotonic())
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{server.server_port}/page"
        threading.Thread(target=server.serve_forever, daemon=True).start()


@dataclass
class Served:
    """A running server: its address, an ingest token, its process and its home folder."""

    url: str
    token: str
    process: subprocess.Popen[bytes]
    home: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    receiver: Receiver | None = None, packs: Mapping[str, Path] | None = None, **settings: str
) -> Iterator[Served]:
    """Start `tocsin up` on a free port and stop it again; pages go to the receiver when there is one.

    `packs` are folders to put into its home as packs, by name.
    """
    with TemporaryDirectory(prefix="tocsin-bench-") as folder:
        home, port = Path(folder) / "home", free_port()
        environ = {**os.environ, **settings, "TOCSIN_HOME": str(home)}
        if receiver:
            pack = home / "packs" / "bench"
            pack.mkdir(parents=True)
            (pack / "oncall.yml").write_text(ONCALL.format(url=receiver.url))
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            environ["TOCSIN_WEBHOOK_SECRETS"] = f"whsec_{key}"
        for name, place in (packs or {}).items():
            (home / "packs").mkdir(parents=True, exist_ok=True)
            (home / "packs" / name).symlink_to(place)
        process = subprocess.Popen(
            [TOCSIN, "up", "--port", str(port)], env=environ, stdout=subprocess.DEVNULL, stderr=None
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_ready(url)
            made = subprocess.run(
                [TOCSIN, "token", "create", "--name", "bench", "--role", "ingest", "--json"],
                env=environ,
                check=True,
                capture_output=True,
            )
            yield Served(url, json.loads(made.stdout)["data"]["token"], process, home)
        finally:
            process.terminate()
            process.wait(20)


def _wait_ready(url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/-/ready", timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} was not ready within {READY_WITHIN_S} s")
