from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app, install
from tocsin.domain.clock import PushedClock
from tocsin.process.asgi import build_asgi


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
