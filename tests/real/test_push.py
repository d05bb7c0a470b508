"""Web push in a real browser: the worker starts under our strict policy, and shows what it is handed."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn

from served import free_port, wait_for
from skips import skip_or_fail
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app, install
from tocsin.connectors.push.channel import payload_of
from tocsin.domain.page import Message
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

pytestmark = pytest.mark.real

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")
PAGE = Message(
    key="page-1-1",
    subject="P1 Critical INC-1: <b>the disk</b> is full",
    text="It is full since noon.",
    link="https://tocsin.example/acknowledge/1/x",
    severity="P1",
    incident="INC-1",
    is_page=True,
)
REGISTERED = """async () => {
  const place = document.getElementById("push");
  const worker = await navigator.serviceWorker.register(place.dataset.worker);
  for (let n = 0; !worker.active && n < 100; n += 1) await new Promise((go) => setTimeout(go, 50));
  return [Boolean(worker.active), place.dataset.key.length];
}"""
SHOWN = """async () => {
  const [worker] = await navigator.serviceWorker.getRegistrations();
  return (await worker.getNotifications()).map((each) => [each.title, each.body, each.tag, each.data.url]);
}"""


@pytest.fixture
def app(sqlite_store: DjangoStore, tmp_path: Path) -> App:
    settings = load_settings({"TOCSIN_PUSH_CONTACT": "mailto:ada@example.org"}, home=tmp_path / "home")
    made = build_app(settings, store=sqlite_store)
    install(made)
    Accounts(sqlite_store).create("ben", "Ben Okafor", Role.RESPONDER)
    return made


@pytest.fixture
def address(app: App) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(build_asgi(app), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started, 30, "the server")
    yield f"http://localhost:{port}"
    server.should_exit = True
    thread.join(20)


def test_the_worker_shows_a_page_as_it_was_sent(app: App, address: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        skip_or_fail("no Chromium is installed")
    token = Accounts(DjangoStore()).sign_in_link("ben", app.clock.now(), timedelta(hours=1))
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.grant_permissions(["notifications"], origin=address)
        page = context.new_page()
        page.goto(f"{address}/sign-in/{token}")
        page.get_by_role("button").first.click()
        page.goto(f"{address}/inbox")
        assert page.get_by_role("button", name="Show my pages in this browser").is_visible()
        devtools = context.new_cdp_session(page)
        versions: list[dict[str, str]] = []
        devtools.on(
            "ServiceWorker.workerRegistrationUpdated", lambda told: versions.extend(told["registrations"])
        )
        devtools.send("ServiceWorker.enable")
        assert page.evaluate(REGISTERED) == [True, 87]
        wait = {"registrationId": versions[-1]["registrationId"], "origin": address}
        devtools.send("ServiceWorker.deliverPushMessage", {**wait, "data": payload_of(PAGE).decode()})
        shown = wait_for(lambda: page.evaluate(SHOWN), 10, "a notification")
        assert json.loads(json.dumps(shown)) == [[PAGE.subject, PAGE.text, "INC-1", PAGE.link]]
        browser.close()
