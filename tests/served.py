"""A real server process on a free port with a home folder of its own, started and killed by tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import pytest

from databases import default_database
from tocsin.domain.person import Role
from tocsin.store.django_store import DjangoStore
from tocsin.store.tokens import new_token

TOCSIN = (str(Path(sys.executable).with_name("tocsin")),)
START_WITHIN_S = 60.0
HTTP_TIMEOUT_S = 40.0

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], within_s: float, what: str) -> Found:
    """Look again and again until something true is found, and return it; fail with `what` after the time."""
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"after {within_s:g} s still not: {what} (last seen: {found!r})")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Served:
    """One Tocsin: its home folder and database outlive its processes, which may be killed and started anew.

    `database_url` is empty for SQLite in the home folder. `settings` are `TOCSIN_*` variables. `command` is
    followed by `up --home ... --port ...`.
    """

    home: Path
    database_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    command: Sequence[str] = TOCSIN
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.with_name(self.home.name + ".log")

    def said(self) -> str:
        """Return what all its processes have written to stderr so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def pack(self, name: str, text: str) -> Path:
        """Put a file into the team's pack; a relative name may have folders."""
        path = self.home / "packs" / "team" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *, more: Mapping[str, str] | None = None) -> Self:
        """Start a process and wait until it is ready."""
        self.launch(more=more)
        wait_for(self.is_ready, START_WITHIN_S, f"a ready server; it said: {self.said()}")
        return self

    def launch(self, *, more: Mapping[str, str] | None = None) -> None:
        """Start a process without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "up", "--home", str(self.home), "--port", str(self.port)],
                env=self._environ() | dict(more or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _environ(self) -> dict[str, str]:
        environ = {
            name: text for name, text in os.environ.items() if not name.startswith(("TOCSIN_", "DJANGO_"))
        }
        if self.database_url:
            environ["TOCSIN_DATABASE_URL"] = self.database_url
        return environ | self.settings

    def refuses_to_start(self) -> str:
        """Start a process that ends by itself with an error, and return what it said."""
        self.launch()
        assert self.process is not None
        assert self.process.wait(START_WITHIN_S) > 0
        return self.said()

    def told(self, *verb: str, status: int = 0) -> list[dict[str, Any]]:
        """Run the command line beside the server with --json and return the rows it prints."""
        answer = subprocess.run(
            [*TOCSIN, *verb, "--json", "--home", str(self.home)],
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert answer.returncode == status, answer.stderr
        rows: list[dict[str, Any]] = json.loads(answer.stdout)["data"]
        return rows

    def is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(f"the server ended with {self.process.returncode}: {self.said()}")
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/-/ready", timeout=5).status_code == 200
        return False

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)

    def wait_killed(self, within_s: float = 30.0) -> None:
        """Wait until the process has been killed by SIGKILL, from wherever it came."""
        assert self.process is not None
        assert self.process.wait(within_s) == -signal.SIGKILL

    def memory_mb(self) -> int:
        """Return the most memory the process has ever held, in MB."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024

    @contextlib.contextmanager
    def store(self) -> Iterator[DjangoStore]:
        """Open its database beside it."""
        with default_database(self.database_url or f"sqlite://{self.home / 'tocsin.db'}") as store:
            yield store

    def token(self, role: Role, name: str = "") -> str:
        """Return a new API token of a role."""
        text, digest = new_token()
        with self.store() as store, store.transaction() as shelves:
            shelves.tokens.add(digest, name or f"test-{role}", role, None, datetime.now(UTC))
        return text

    def get(self, path: str, token: str) -> Any:
        """Return the JSON that the REST API answers."""
        answer = httpx.get(self.url + path, headers=bearer(token), timeout=HTTP_TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def health(self) -> dict[str, Any]:
        """Return what /health tells anybody."""
        found: dict[str, Any] = httpx.get(f"{self.url}/health", timeout=HTTP_TIMEOUT_S).json()
        return found

    def post(self, path: str, token: str | None = None, **sent: Any) -> httpx.Response:
        headers = (bearer(token) if token else {}) | sent.pop("headers", {})
        return httpx.post(
            self.url + path, headers=headers, timeout=sent.pop("timeout", HTTP_TIMEOUT_S), **sent
        )

    def post_alert(self, token: str, **labels: str) -> httpx.Response:
        """Post one alert as Prometheus would, of severity critical unless told otherwise."""
        summary = f"{labels['alertname']} fires."
        alert = {"labels": {"severity": "critical", **labels}, "annotations": {"summary": summary}}
        return self.post("/api/v2/alerts", token, json=[alert])

    def incidents(self, token: str) -> list[dict[str, Any]]:
        """Return all incidents by the REST API, oldest first."""
        found: list[dict[str, Any]] = self.get("/api/v1/incidents?limit=500", token)["incidents"]
        return found[::-1]

    def timeline(self, token: str, incident: str) -> list[str]:
        """Return the kinds of an incident's timeline lines, oldest first."""
        lines = self.get(f"/api/v1/incidents/{incident}/timeline", token)["timeline"]
        return [line["kind"] for line in lines]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(
    params=[db for db in ("sqlite", "postgres") if db in os.environ.get("TOCSIN_TEST_DB", "sqlite,postgres")]
)
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of each kind of database in turn; empty means SQLite."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def tocsin(tmp_path: Path, _sqlite_template: Path) -> Iterator[Served]:
    """Return a Tocsin on SQLite that is not started yet; its processes end with the test."""
    with prepared(tmp_path / "home", _sqlite_template) as served:
        yield served


@pytest.fixture
def any_tocsin(tmp_path: Path, _sqlite_template: Path, database_url: str) -> Iterator[Served]:
    """Return a Tocsin on each kind of database in turn, not started yet; its processes end with the test."""
    with prepared(tmp_path / "home", _sqlite_template) as served:
        served.database_url = database_url
        yield served


@contextlib.contextmanager
def prepared(home: Path, template: Path) -> Iterator[Served]:
    """Make a home folder with a migrated SQLite file; kill what still runs at the end."""
    home.mkdir(mode=0o700)
    shutil.copy(template, home / "tocsin.db")
    served = Served(home)
    try:
        yield served
    finally:
        served.kill()
