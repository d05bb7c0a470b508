"""The whole application on SQLite behind its real front door, and a token for each of the cast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.tokens import make_token
from tocsin.app.wiring import App, build_app, install
from tocsin.domain.clock import PushedClock
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi
from tocsin.store.django_store import DjangoStore

JSON = {"Content-Type": "application/json"}

Client = httpx.Client


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def environ() -> dict[str, str]:
    """Return the settings a test wants; its own fixture of this name overrides them."""
    return {}


@pytest.fixture
def app(sqlite_store: DjangoStore, tmp_path: Path, clock: PushedClock, environ: dict[str, str]) -> App:
    app = build_app(load_settings(environ, home=tmp_path / "home"), clock=clock, store=sqlite_store)
    install(app)
    return app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    """Return a client of the served application; the worker's loops are not started."""
    client = TestClient(build_asgi(app), raise_server_exceptions=False, client=("203.0.113.9", 50000))
    yield client
    client.close()


@pytest.fixture
def loopback(app: App) -> Iterator[TestClient]:
    """Return a client that calls from this machine."""
    client = TestClient(
        build_asgi(app), "http://127.0.0.1:8420", raise_server_exceptions=False, client=("127.0.0.1", 50000)
    )
    yield client
    client.close()


@pytest.fixture
def token(app: App) -> Callable[..., str]:
    """Return a maker of tokens."""

    def made(role: Role = Role.INGEST, name: str = "", lives: timedelta | None = None) -> str:
        name = name or f"{role.value}-token"
        return make_token(app.store, app.clock, name=name, role=role, lives=lives, actor="test").text

    return made


@pytest.fixture
def bearer(token: Callable[..., str]) -> Callable[..., dict[str, str]]:
    """Return a maker of headers that carry a new token."""
    return lambda *given, **named: {"Authorization": f"Bearer {token(*given, **named)}"}


@pytest.fixture
def opened(app: App, client: TestClient, bearer: Callable[..., dict[str, str]]) -> str:
    """Open an incident through the front door and return its short name."""
    body = [{"labels": {"alertname": "ShopDown", "severity": "critical", "service": "shop"}}]
    assert client.post("/api/v2/alerts", json=body, headers=bearer()).status_code == 200
    return "INC-1"
