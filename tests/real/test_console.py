"""The console in a real browser: both themes, three widths, keyboard only, live, without script."""

from __future__ import annotations

import io
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn
from django.test import Client, override_settings

from conftest import skip_or_fail
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app, install
from tocsin.domain.alert import AlertReport
from tocsin.domain.arrival import Arrival
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

pytestmark = pytest.mark.real

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {1280: 900, 768: 900, 320: 800}
PAGES = ["", "incidents", "incidents/INC-1", "exhibits/EX-1", "inbox", "help", "incidents?status=closed"]
HOSTILE = "<script>document.title='owned'</script>\u202e\u200b" + "A" * 4000
ONCALL = """
people:
  ben: {name: Ben Okafor, contacts: [{channel: inbox, address: ben}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-01-05, people: [ben]}
escalation: {P1: [{after: 0m, page: primary}]}
"""
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
  .filter(one => one.checkVisibility() && !one.closest('.skip, p, li span, dd, th, .call, dialog'))
  .map(one => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([html]) => html)"""


def opened(app: App, title: str, severity: str = "critical", **labels: str) -> str:
    """Open an incident through the real intake and return its short name."""
    now = app.clock.now()
    report = AlertReport(
        source="prometheus",
        labels={"alertname": title[:60], "severity": severity, "service": uuid4().hex, **labels},
        annotations={"summary": title},
        ends_at=now + timedelta(hours=1),
        evidence=('{"user": "u017", "from": "203.0.113.7"}', HOSTILE),
    )
    arrival = Arrival(
        arrival_id=uuid4(),
        connector="alertmanager",
        source="prometheus",
        key=uuid4().hex,
        received_at=now,
        body=b"[]",
    )
    app.take.alerts(arrival, [report])
    with app.store.reading() as shelves:
        return shelves.incidents.listed()[0].short_name


@pytest.fixture
def app(sqlite_store: DjangoStore, tmp_path: Path) -> Iterator[App]:
    pack = tmp_path / "home" / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    app = build_app(load_settings({}, home=tmp_path / "home"), store=sqlite_store)
    install(app)
    accounts = Accounts(sqlite_store)
    accounts.create("ada", "Ada Lindqvist", Role.COMMANDER)
    accounts.create("ben", "Ben Okafor", Role.RESPONDER)
    with override_settings(CSRF_TRUSTED_ORIGINS=[]):
        yield app


@pytest.fixture
def story(app: App) -> App:
    """Fill the house: each severity, a hostile one, an answered one, an exhibit, a message."""
    first = opened(app, "Many failed logins over many accounts, then one success", "critical")
    for title, severity in (("Disk fills", "high"), ("Feature drift", "warning"), (HOSTILE, "info")):
        opened(app, title, severity, evil=HOSTILE)
    answered = opened(app, "Checkout is slow", "critical")
    with app.store.reading() as shelves:
        ids = {one.short_name: one.incident_id for one in shelves.incidents.listed()}
    app.call.acknowledge(ids[answered], "ada", "the console")
    app.respond.keep(
        ids[first],
        name="df.txt",
        media_type="text/plain",
        content=io.BytesIO(b"full"),
        description="the disk",
        exported_by="Ben Okafor",
        actor="ben",
    )
    with app.store.transaction() as shelves:
        shelves.inbox.keep("k", "ben", HOSTILE, HOSTILE, "", app.clock.now())
    return app


class Server(uvicorn.Server):
    """A server that a test starts in a thread and stops; the worker's loops stay off, a test makes what happens."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


@pytest.fixture
def server(app: App) -> Iterator[Server]:
    serving = Server(
        uvicorn.Config(
            build_asgi(app), port=0, log_level="warning", timeout_graceful_shutdown=1, lifespan="off"
        )
    )
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    yield serving
    serving.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        skip_or_fail("chromium is not installed (Debian: apt install chromium)")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread; the ORM minds.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts nothing unless a browser is wanted

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


Looker = Callable[..., object]


@pytest.fixture
def look(chromium, server: Server) -> Iterator[Looker]:
    """Return a function that opens a page as somebody; foreign requests and script errors fail the test."""
    contexts, wrong = [], []

    def looked(address: str = "", *, as_: str = "ada", width: int = 1280, **options):
        client = Client()
        client.force_login(Accounts(DjangoStore()).by_username(as_))
        context = chromium.new_context(viewport={"width": width, "height": WIDTHS.get(width, 900)}, **options)
        context.add_cookies(
            [{"name": "tocsin_session", "value": client.session.session_key, "url": server.url}]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.on(
            "request", lambda asked: None if asked.url.startswith(server.url) else wrong.append(asked.url)
        )
        contexts.append(context)
        page.goto(f"{server.url}/{address}")
        return page

    yield looked
    for context in contexts:
        context.close()
    assert wrong == []


def is_live(page) -> None:
    page.wait_for_selector('#pulse[data-state="live"]')


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_holds_in_each_theme_and_width(theme, width, story, look, tmp_path):
    axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    axe = axe_module.Axe()
    page = look(width=width, color_scheme=theme)
    kept = Path(os.environ.get("TOCSIN_SCREENSHOTS", tmp_path))
    kept.mkdir(parents=True, exist_ok=True)
    base = page.url.rstrip("/")
    for address in PAGES:
        page.goto(f"{base}/{address}")
        page.evaluate("document.querySelectorAll('main details:not([name])').forEach(one => one.open = true)")
        result = axe.run(
            page, options={"runOnly": RULES, "resultTypes": ["violations", "incomplete"]}
        ).response
        found = [
            (rule["id"], node["html"][:160], [c["message"] for c in node["any"]])
            for kind in ("violations", "incomplete")
            for rule in result[kind]
            for node in rule["nodes"]
        ]
        assert (address, found) == (address, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert (address, page.evaluate(SMALL_TARGETS)) == (address, [])
        name = f"{address.replace('/', '-').replace('?', '-') or 'now'}-{width}-{theme}.png"
        page.screenshot(path=kept / name, full_page=True)
    assert page.title() != "owned"
