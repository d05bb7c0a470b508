from __future__ import annotations

import threading

import anyio
import pytest
from starlette.testclient import TestClient

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app, install
from tocsin.console.security import HEADERS
from tocsin.domain.clock import PushedClock
from tocsin.process import asgi
from tocsin.process.asgi import THREADS, build_asgi


@pytest.fixture
def app(sqlite_store, tmp_path):
    app = build_app(load_settings({}, home=tmp_path / "home"), clock=PushedClock(NOON), store=sqlite_store)
    install(app)
    return app


def test_one_door_leads_to_the_machines_and_to_the_people(app) -> None:
    with TestClient(build_asgi(app), follow_redirects=False) as client:
        assert client.get("/-/healthy").status_code == 200
        assert client.get("/api/openapi.json").status_code == 200
        assert client.get("/static/console/console.css").status_code == 200
        assert client.get("/").headers["location"].startswith("/sign-in")
        assert client.get("/nothing/here").status_code == 404


def test_the_loops_work_while_it_serves_and_are_stopped_after(app, caplog) -> None:
    started: list[str] = []
    asgi = build_asgi(app, on_start=lambda: started.append("now"))
    assert started == []
    with TestClient(asgi):
        assert started == ["now"]
        for _ in range(100):
            heard = app.bell.rings
            with app.store.reading() as shelves:
                if shelves.log.size():
                    break
            app.bell.rest(heard, 1.0)
    with app.store.reading() as shelves:
        assert shelves.log.size() > 0
    assert "fault" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/-/healthy", 200),
        ("GET", "/sign-in", 200),
        ("POST", "/sign-in", 403),
        ("GET", "/static/console/console.css", 200),
        ("GET", "/static/nothing", 404),
        ("GET", "/nothing/here", 404),
        ("GET", "/live", 401),
        ("POST", "/api/v2/alerts", 401),
        ("GET", "/api/v2/alerts", 401),
        ("GET", "/api/v1/incidents", 401),
    ],
)
def test_every_answer_has_the_headers_and_no_style_of_its_own(app, method, path, status) -> None:
    with TestClient(build_asgi(app)) as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name, _ in HEADERS} == dict(HEADERS)
    assert "<style" not in answer.text
    assert answer.headers.get("Cache-Control") == "no-store" or answer.headers.get("ETag")


@pytest.mark.parametrize(("method", "path"), [("POST", "/sign-in"), ("GET", "/nothing/here")])
def test_refusals_look_like_the_house(app, method, path) -> None:
    with TestClient(build_asgi(app)) as client:
        assert "console/console.css" in client.request(method, path).text


def test_all_doors_together_have_few_threads(app) -> None:
    with TestClient(build_asgi(app)) as client:
        tokens = client.portal.call(lambda: anyio.to_thread.current_default_thread_limiter().total_tokens)
    assert tokens == THREADS


def test_the_console_is_not_shown_under_a_name_that_is_not_ours(app) -> None:
    with TestClient(build_asgi(app)) as client:
        statuses = {
            host: client.get("/sign-in", headers={"Host": host}).status_code
            for host in ("rebound.evil.example", "localhost:8420", "127.0.0.1", "[::1]:8420")
        }
    assert statuses == {
        "rebound.evil.example": 400,
        "localhost:8420": 200,
        "127.0.0.1": 200,
        "[::1]:8420": 200,
    }


def test_the_pages_are_loaded_before_the_first_visitor_asks(app, monkeypatch) -> None:
    loaded = threading.Event()

    class Addresses:
        @property
        def url_patterns(self) -> tuple[str, ...]:
            loaded.set()
            return ()

    monkeypatch.setattr(asgi, "get_resolver", Addresses)
    monkeypatch.setattr(asgi, "CONSOLE_AFTER_S", 0.0)
    with TestClient(build_asgi(app)):
        assert loaded.wait(20.0)
