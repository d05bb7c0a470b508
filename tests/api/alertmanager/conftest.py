"""The front door with an `alertmanager.yml` in force, open to this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nouns import NOON
from tocsin.app.alertmanager import adopt
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app, install
from tocsin.domain.clock import PushedClock
from tocsin.process.asgi import build_asgi
from tocsin.store.django_store import DjangoStore

FILE = """
route:
  receiver: team
  group_by: [alertname]
  routes: [{receiver: pager, matchers: ["severity=critical"], continue: true}, {receiver: team}]
inhibit_rules:
  - {source_matchers: ["severity=critical"], target_matchers: ["severity=warning"], equal: [alertname]}
receivers:
  - {name: team, webhook_configs: [{url: "http://hooks.example/secret"}]}
  - {name: pager}
"""


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alertmanager.yml"
    path.write_text(FILE)
    return path


@pytest.fixture
def app(sqlite_store: DjangoStore, tmp_path: Path, clock: PushedClock, file: Path) -> App:
    environ = {
        "TOCSIN_ALERTMANAGER_FILE": str(file),
        "TOCSIN_ALERTMANAGER_OPEN": "loopback",
        "TOCSIN_ROUTE_PREFIX": "/am",
        "TOCSIN_CLUSTER_PEERS": "10.0.0.1:9094",
    }
    app = build_app(load_settings(environ, home=tmp_path / "home"), clock=clock, store=sqlite_store)
    install(app)
    adopt(app)
    return app


@pytest.fixture
def local(app: App) -> Iterator[TestClient]:
    """Return a client that calls from this machine."""
    client = TestClient(
        build_asgi(app), "http://127.0.0.1:8420", raise_server_exceptions=False, client=("127.0.0.1", 50000)
    )
    yield client
    client.close()
